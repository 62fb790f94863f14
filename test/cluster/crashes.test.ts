import { describe, it } from 'vitest';
import { newSessionId } from '../../src/shared/ids.ts';
import { keys } from '../../src/shared/redis/keys.ts';
import { exitOf, phaseOf } from '../../src/shared/session/facts.ts';
import { newRecord, type SessionRecord } from '../../src/shared/session/record.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe, type Shape } from '../support/recipes.ts';
import { until } from '../support/until.ts';

// Somebody pulls a plug. Each test has an installation of its own, so that nobody else's worker helps.
describe('what a crash leaves behind goes on', { timeout: 300_000 }, () => {
  const moments = {
    'it submits': ({ roles }) => roles.s1?.submit.is !== 'none',
    'the service starts': (record) => phase(record, 's1') === 'starting',
    'the client runs': (record) => phase(record, 'c1') === 'running',
    'all is being released': ({ state }) => state === 'ending',
  } satisfies Record<string, (record: SessionRecord) => boolean>;

  it.concurrent.for([
    ['it submits', 'the client runs'],
    ['the service starts', 'all is being released'],
  ] as const)(
    'kill -9 of the only worker while %s, and of the next while %s',
    ([first, second], { expect }) =>
      inLab(async (lab) => {
        let worker = lab.startWorker();
        const id = await lab.submit(recorded(lab, longer));
        for (const moment of [first, second]) {
          // Some moments are short, so it looks often.
          await until(moment, async () => moments[moment](await lab.record(id)), 120_000, 10);
          await worker.kill9();
          expect((await lab.record(id)).endedAt).toBeUndefined();
          worker = lab.startWorker();
        }
        const record = await lab.untilOver(id, 150_000);
        expect(record).toMatchObject({ state: 'succeeded', attempt: 1, results: { c1: { status: 'ok' } } });
        expect(lab.effects(id)).toEqual(['c1', 's1']);
        expect(lab.liveSlurmJobs()).toEqual([]);
      }),
  );

  it.concurrent('kill -9 of Redis while the service starts, and while the client runs', ({ expect }) =>
    inLab(async (lab) => {
      const worker = lab.startWorker();
      const id = await lab.submit(recorded(lab, longer));
      await until(
        'the service starts',
        async () => phase(await lab.record(id), 's1') === 'starting',
        120_000,
      );
      await lab.redisServer.kill9();
      await lab.redisServer.restart();
      await until('the client runs', async () => phase(await lab.record(id), 'c1') === 'running', 120_000);
      await lab.redisServer.kill9();
      await lab.redisServer.restart();
      const record = await lab.untilOver(id, 150_000);
      expect(record).toMatchObject({ state: 'succeeded', attempt: 1, results: { c1: { status: 'ok' } } });
      expect(lab.effects(id)).toEqual(['c1', 's1']);
      expect(lab.liveSlurmJobs()).toEqual([]);
      // The same process all the time.
      expect(() => process.kill(worker.pid, 0)).not.toThrow();
    }));

  it.concurrent('a producer that died between the record and the flow', ({ expect }) =>
    inLab(async (lab) => {
      const { plan, loadgen } = await lab.plan(recorded(lab));
      await lab.redis.set(keys.blob(loadgen.sha256), loadgen.data);
      const given = { recipeSha256: plan.recipe.sha256, createdAt: Date.now() };
      const { id } = await lab.store.create(newRecord(newSessionId(), plan, given), plan);
      lab.startWorker();
      const record = await lab.untilOver(id, 150_000);
      expect(record).toMatchObject({ state: 'succeeded', results: { c1: { status: 'ok' } } });
      expect(lab.effects(id)).toEqual(['c1', 's1']);
    }));

  it.concurrent('nobody comes back: the service ends itself and frees its GPU', ({ expect }) =>
    inLab(async (lab) => {
      const worker = lab.startWorker();
      const id = await lab.submit(
        recorded(lab, {
          client: null,
          service: { resources: { partition: 'gpu', gpus: '1', cpus: 1, mem: '1G', time: '5m' } },
          timeouts: { dead_man: '20s' },
        }),
      );
      await lab.untilRecord(id, 'is ready', (record) => phase(record, 's1') === 'ready');
      expect(lab.liveSlurmJobs()).toHaveLength(1);
      await worker.kill9();
      await until('its Slurm job is gone', () => lab.liveSlurmJobs().length === 0);
      expect(lab.onLogin(`cat .sbench/v1/${lab.installation}/sessions/${id}/1/s1.out`)).toContain('orphaned');
      // Whoever comes back later learns why.
      lab.startWorker();
      const record = await lab.untilOver(id, 150_000);
      expect(record.state).toBe('failed');
      expect(record.ending?.text).toContain('orphaned: nobody looked after this service');
      expect(exitOf(record.roles.s1 as never)?.event.code).toBe(69);
    }));
});

const longer: Shape = { client: { parameters: { max_tokens: 16, requests: 2_000 } } };

const recorded = (lab: Lab, shape: Shape = {}) =>
  ollamaRecipe({ serviceSetup: [lab.ledgerLine], clientSetup: [lab.ledgerLine], ...shape });

function phase({ roles }: SessionRecord, role: string): string | undefined {
  const facts = roles[role];
  return facts && phaseOf(facts, role.startsWith('s') ? 'service' : 'client');
}

async function inLab(work: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await openLab();
  try {
    await work(lab);
  } finally {
    await lab.close();
  }
}
