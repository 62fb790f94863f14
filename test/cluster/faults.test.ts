import { setTimeout as pause } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { readBreaker } from '../../src/shared/cluster/breaker.ts';
import { ACTIONS } from '../../src/shared/queues.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe, type Shape } from '../support/recipes.ts';
import { testbedFacts } from '../support/testbed.ts';
import { until } from '../support/until.ts';
import { heldAfterSbatch, momentOf, submitting } from '../support/worker-moments.ts';

// Between sbench and the cluster something breaks. Whatever it is: each role has one effect, and the session succeeds.
describe('faults on the way to the cluster', () => {
  // The first, because it is the longest: a dead connection is noticed after a minute.
  it.concurrent('the connection is half open: it takes everything and answers nothing', ({ expect }) =>
    behindProxy(async (lab, proxy) => {
      lab.startWorker();
      const id = await lab.submit(recorded(lab));
      await momentOf(lab, id, 'the submission begins', submitting('s1'));
      proxy.halfOpen();
      await succeeds(lab, id, expect);
      expect(proxy.accepted).toBe(2);
    }));

  it.concurrent('the connection is cut in the middle of an upload, and of a submission', ({ expect }) =>
    behindProxy(
      async (lab, proxy) => {
        lab.startWorker();
        // Only the worker's Node.js is as large as this.
        proxy.cutAfterBytes({ direction: 'up', bytes: 20_000_000 });
        const first = await lab.submit(recorded(lab));
        await succeeds(lab, first, expect);
        expect(proxy.accepted).toBe(2);
        for (const kind of ['rst', 'fin'] as const) {
          const before = proxy.accepted;
          // With everything else in its place, only the script is as large as this.
          proxy.cutAfterBytes({ direction: 'up', bytes: 50_000, kind });
          const id = await lab.submit(recorded(lab, { service: bulky }));
          await succeeds(lab, id, expect);
          expect(proxy.accepted).toBe(before + 1);
        }
      },
      { withNode: false },
    ));

  it.concurrent('the answers to both submissions are lost', ({ expect }) =>
    behindProxy(async (lab, proxy) => {
      lab.startWorker();
      const id = await lab.submit(recorded(lab));
      for (const role of ['s1', 'c1']) {
        await heldAfterSbatch(lab, proxy, id, role);
        proxy.cut();
        proxy.resume();
      }
      await succeeds(lab, id, expect);
      expect(proxy.accepted).toBe(3);
    }));

  it.concurrent('the worker is killed -9 between sbatch and Redis', ({ expect }) =>
    behindProxy(async (lab, proxy) => {
      const worker = lab.startWorker();
      const id = await lab.submit(recorded(lab));
      await heldAfterSbatch(lab, proxy, id, 's1');
      await worker.kill9();
      proxy.resume();
      expect(submitting('s1')(await lab.record(id))).toBe(true);
      lab.startWorker();
      await succeeds(lab, id, expect);
    }));

  it.concurrent('one submission is delivered to two workers', ({ expect }) =>
    behindProxy(async (lab) => {
      const first = lab.startWorker();
      const id = await lab.submit(recorded(lab));
      await momentOf(lab, id, 'the submission begins', submitting('s1'));
      // Its lock runs out while it sleeps, and it knows nothing of that when it goes on.
      process.kill(first.pid, 'SIGSTOP');
      try {
        lab.startWorker();
        await momentOf(lab, id, 'the other has taken over', ({ deaths }) => deaths > 0);
      } finally {
        process.kill(first.pid, 'SIGCONT');
      }
      await succeeds(lab, id, expect);
    }));

  it.concurrent('the connection stalls and goes on; later the cluster is out of reach for 20 s', ({
    expect,
  }) =>
    behindProxy(async (lab, proxy) => {
      lab.startWorker();
      const id = await lab.submit(recorded(lab));
      await momentOf(lab, id, 'the submission begins', submitting('s1'));
      proxy.stall();
      await pause(8_000);
      proxy.resume();
      await momentOf(lab, id, 'the service starts', ({ roles: { s1 } }) => s1?.started !== undefined);
      expect(proxy.accepted).toBe(1);
      await proxy.down();
      const open = await until('the breaker opens', () => readBreaker(lab.redis, lab.cluster.name));
      expect(open).toMatchObject({ needsPerson: false });
      await pause(20_000);
      await proxy.up();
      await succeeds(lab, id, expect);
      expect(await readBreaker(lab.redis, lab.cluster.name)).toBeUndefined();
      expect(proxy.accepted).toBe(2);
      for (const action of ACTIONS) {
        for (const job of await lab.queues.queue(lab.cluster.name, action).getJobs()) {
          // One is the end of an action that succeeded.
          expect([action, job.attemptsMade, job.failedReason]).toEqual([action, 1, undefined]);
        }
      }
    }));
});

/** Its script is far longer than everything else that is said while a service is submitted. */
const bulky = { environment: { OLLAMA_MODELS: '$LLM/models', BULK: 'x'.repeat(95_000) } };

const recorded = (lab: Lab, shape: Shape = {}): string =>
  ollamaRecipe({ serviceSetup: [lab.ledgerLine], clientSetup: [lab.ledgerLine], ...shape });

async function succeeds(lab: Lab, id: string, expect: typeof import('vitest').expect): Promise<void> {
  const record = await lab.untilOver(id, 150_000);
  expect(record, JSON.stringify(await lab.timeline(id))).toMatchObject({
    state: 'succeeded',
    attempt: 1,
    results: { c1: { status: 'ok' } },
  });
  expect(lab.effects(id)).toEqual(['c1', 's1']);
  expect(lab.liveSlurmJobs()).toEqual([]);
}

async function behindProxy(
  test: (lab: Lab, proxy: FaultProxy) => Promise<void>,
  { withNode = true } = {},
): Promise<void> {
  const { cluster } = testbedFacts();
  const proxy = await FaultProxy.listen({ target: { host: cluster.host, port: cluster.port } });
  const lab = await openLab({ via: { host: '127.0.0.1', port: proxy.port } });
  try {
    if (withNode) lab.placeNode();
    await test(lab, proxy);
  } finally {
    await lab.close();
    // A connection whose worker was killed sometimes never says that it is closed.
    await Promise.race([proxy.close(), pause(2_000)]);
  }
}
