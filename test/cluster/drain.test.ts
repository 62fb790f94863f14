import { expect, it } from 'vitest';
import { ACTIONS } from '../../src/shared/queues.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';
import { testbedFacts } from '../support/testbed.ts';
import { until } from '../support/until.ts';
import { momentOf, submitting } from '../support/worker-moments.ts';

it('SIGTERM in the middle of a submission: finished in time, or left to another worker; once in both', async () => {
  const proxy = await FaultProxy.listen({ target: testbedFacts().cluster });
  const lab = await openLab({ via: { host: '127.0.0.1', port: proxy.port } });
  try {
    const recipe = ollamaRecipe({ serviceSetup: [lab.ledgerLine], clientSetup: [lab.ledgerLine] });
    const first = lab.startWorker({}, ['--drain-timeout', '60s']);
    const id = await lab.submit(recipe);

    // What runs when it is told to stop is finished, and nothing else is begun.
    await momentOf(lab, id, 's1 is being submitted', submitting('s1'));
    proxy.stall();
    const stopped = first.stop();
    await until('it drains', () => first.log().includes('worker drains'));
    proxy.resume();
    expect(await stopped).toBe(0);
    expect((await lab.record(id)).roles.s1?.submit.is).toBe('accepted');
    const active = await Promise.all(
      ACTIONS.map((action) => lab.queues.queue(lab.cluster.name, action).getActiveCount()),
    );
    expect(active.reduce((a, b) => a + b)).toBe(0);

    // What outlasts the drain is cut, and the worker says so: it ends in seconds, whatever the cluster does.
    const second = lab.startWorker({}, ['--drain-timeout', '1s']);
    await momentOf(lab, id, 'c1 is being submitted', submitting('c1'));
    proxy.stall();
    const since = performance.now();
    expect(await second.stop()).toBe(1);
    expect(performance.now() - since).toBeLessThan(8_000);
    expect(second.log()).toContain('worker ends in the middle of these');
    proxy.cut();
    proxy.resume();

    lab.startWorker();
    expect((await lab.untilOver(id)).state).toBe('succeeded');
    expect(lab.effects(id)).toEqual(['c1', 's1']);
  } finally {
    await lab.close();
    await proxy.close();
  }
});
