import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultSchema } from '../../src/shared/result/result.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

const resources = { partition: 'cpu', cpus: 1, mem: '500M' };

// placement: together. One heterogeneous Slurm job; the sessions run side by side.
describe('a client in one Slurm job with its service', () => {
  let lab: Lab;
  let good: string;
  let killed: string;
  let waiting: string;
  beforeAll(async () => {
    lab = await openLab();
    lab.startWorker();
    const session = (clientSetup: string[], more: Record<string, unknown> = {}) =>
      lab.submit(
        ollamaRecipe({
          serviceSetup: [lab.ledgerLine, 'export ONLY_THE_SERVICE=1'],
          clientSetup: [lab.ledgerLine, ...clientSetup],
          service: { resources: { ...resources, time: '5m', ...more } },
          client: { resources, placement: 'together' },
        }),
      );
    // What the service exports is none of the client's business.
    good = await session(['[ -z "${ONLY_THE_SERVICE:-}" ]']);
    killed = await session(['kill -9 $$']);
    waiting = await session([], { begin: 'now+1hour' });
    await Promise.all([lab.untilOver(good), lab.untilOver(killed)]);
    await lab.untilRecord(waiting, 'its Slurm job waits', ({ roles }) => roles.s1?.slurm?.life === 'waiting');
    await lab.run('cancel', waiting, '--json');
    await lab.untilOver(waiting);
  });
  afterAll(() => lab?.close());

  it('runs in the second part, on another node, once, and is measured like any other', async () => {
    const record = await lab.record(good);
    expect(record, JSON.stringify(record)).toMatchObject({ state: 'succeeded', ending: { why: 'complete' } });
    const { s1, c1 } = record.roles;
    const id = (facts: typeof s1) => (facts?.submit.is === 'accepted' ? facts.submit.id : Number.NaN);
    expect(id(c1)).toBe(id(s1) + 1);
    expect(c1?.started?.event.nodes).not.toBe(s1?.started?.event.nodes);
    expect(resultSchema.parse(record.results.c1).validity).not.toContain('CLIENT_ON_SERVER_NODE');
    expect(lab.effects(good)).toEqual(['c1', 's1']);
  });
  it('that is killed fails by name, though Slurm still holds its part', async () => {
    const record = await lab.record(killed);
    expect(record, JSON.stringify(record)).toMatchObject({ state: 'failed' });
    expect(record.roles.c1?.verdict).toMatchObject({ is: 'failed' });
    expect(JSON.stringify(record.roles.c1?.verdict)).toContain('without a word of its own');
  });
  it('is cancelled with it in the queue, and nothing of either is left', async () => {
    expect(await lab.record(waiting)).toMatchObject({ state: 'cancelled' });
    expect(lab.effects(waiting)).toEqual([]);
    expect(lab.liveSlurmJobs()).toEqual([]);
  });
});
