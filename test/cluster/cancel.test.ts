import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { phaseOf } from '../../src/shared/session/facts.ts';
import type { SessionRecord } from '../../src/shared/session/record.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';
import { until } from '../support/until.ts';

// `sbench cancel` returns when the Slurm jobs are gone, at whatever moment it comes.
describe('cancelling a session', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab();
    lab.startWorker();
  });
  afterAll(() => lab?.close());

  const submit = (shape: Parameters<typeof ollamaRecipe>[0] = {}) =>
    lab.submit(ollamaRecipe({ serviceSetup: [lab.ledgerLine], clientSetup: [lab.ledgerLine], ...shape }));
  /** Cancels, and looks at Slurm with its own eyes as soon as the command has returned. */
  async function cancel(id: string): Promise<SessionRecord> {
    const { status, stdout, stderr } = await lab.run('cancel', id, '--json');
    const left = lab.liveSlurmJobs().filter((line) => line.includes(id));
    expect(left, 'Slurm jobs when cancel had returned').toEqual([]);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id, state: 'cancelled', ending: { why: 'cancelled' } });
    return lab.record(id);
  }

  it.concurrent('while the service waits in the queue', async ({ expect }) => {
    const id = await submit({ service: { resources: { ...CPU, begin: 'now+1hour' } } });
    const pending = await lab.untilRecord(
      id,
      'is seen waiting',
      ({ roles }) => roles.s1?.slurm?.life === 'waiting',
    );
    expect(pending.roles.s1?.slurm?.reason).toBe('BeginTime');
    const { roles } = await cancel(id);
    expect(roles.s1?.verdict?.is).toMatch(/released|cancelled/);
    expect(roles.c1).toMatchObject({ submit: { is: 'none' }, verdict: { is: 'skipped' } });
    expect(lab.effects(id)).toEqual([]);
    await accountedAs(roles, 's1', /^CANCELLED/);
  });

  it.concurrent('while the service is being submitted', async ({ expect }) => {
    const id = await submit();
    await lab.untilRecord(id, 'is at it', ({ roles }) => (roles.s1?.submit.is ?? 'none') !== 'none');
    const { roles } = await cancel(id);
    expect(roles.c1).toMatchObject({ submit: { is: 'none' }, verdict: { is: 'skipped' } });
    // At most once, and perhaps not at all.
    expect(lab.effects(id).filter((role) => role !== 's1')).toEqual([]);
    expect(lab.effects(id).length).toBeLessThanOrEqual(1);
  });

  it.concurrent('while the service starts, and will never be ready', async ({ expect }) => {
    const id = await submit({ service: { command: 'sleep', args: ['600'] } });
    await lab.untilRecord(id, 'has a starting service', ({ roles }) => phase(roles, 's1') === 'starting');
    const { roles } = await cancel(id);
    expect(roles.s1?.ready).toBeUndefined();
    expect(roles.c1).toMatchObject({ submit: { is: 'none' }, verdict: { is: 'skipped' } });
    expect(lab.effects(id)).toEqual(['s1']);
  });

  it.concurrent('while the client waits in the queue and the service is ready', async ({ expect }) => {
    const id = await submit({ client: { resources: { ...CPU, begin: 'now+1hour' } } });
    await lab.untilRecord(id, 'has a waiting client', ({ roles }) => roles.c1?.slurm?.life === 'waiting');
    const { roles } = await cancel(id);
    expect(roles.s1?.verdict).toEqual({ is: 'released' });
    expect(roles.c1?.verdict).toMatchObject({ is: 'cancelled', why: 'cancelled by a person' });
    expect(lab.effects(id)).toEqual(['s1']);
  });

  it.concurrent('while the client runs', async ({ expect }) => {
    const id = await submit({ client: { parameters: { max_tokens: 8, requests: 1_000_000 } } });
    await lab.untilRecord(id, 'has a running client', ({ roles }) => phase(roles, 'c1') === 'running');
    const { roles } = await cancel(id);
    expect(roles.s1?.verdict).toEqual({ is: 'released' });
    expect(roles.c1?.verdict).toMatchObject({ is: 'cancelled', why: 'cancelled by a person' });
    expect(lab.effects(id)).toEqual(['c1', 's1']);
    await accountedAs(roles, 'c1', /^CANCELLED/);
    // What it had measured until then is not thrown away.
    expect((await lab.run('logs', id, 'c1')).stdout).toContain('terminated');
  });

  it.concurrent('before any worker has begun with it', async ({ expect }) => {
    // A lab without a worker: the session stands in the queues when it is cancelled.
    const idle = await openLab();
    try {
      const id = await idle.submit(ollamaRecipe());
      const cancelled = idle.run('cancel', id, '--json');
      await idle.untilRecord(id, 'is ending', ({ state }) => state === 'ending');
      idle.startWorker();
      expect(JSON.parse((await cancelled).stdout)).toMatchObject({ state: 'cancelled' });
      const { roles } = await idle.record(id);
      expect([roles.s1?.submit.is, roles.c1?.submit.is]).toEqual(['none', 'none']);
    } finally {
      await idle.close();
    }
  });

  it.concurrent('twice, and after its end, changes nothing more', async ({ expect }) => {
    const id = await submit({ service: { resources: { ...CPU, begin: 'now+1hour' } } });
    const both = await Promise.all([lab.run('cancel', id, '--json'), lab.run('cancel', id, '--json')]);
    for (const { status, stdout } of both)
      expect([status, JSON.parse(stdout).state]).toEqual([0, 'cancelled']);
    const before = await lab.record(id);
    await lab.run('cancel', id);
    expect(await lab.record(id)).toEqual(before);
  });

  async function accountedAs(roles: SessionRecord['roles'], role: string, word: RegExp): Promise<void> {
    const submitted = roles[role]?.submit;
    const id = submitted?.is === 'accepted' ? submitted.id : 0;
    await until(`sacct says ${word}`, () => word.test(lab.accounted(id)), 20_000);
  }
});

const CPU = { partition: 'cpu', cpus: 1, mem: '1G', time: '5m' };
const phase = (roles: SessionRecord['roles'], role: string) => {
  const facts = roles[role];
  return facts && phaseOf(facts, role.startsWith('s') ? 'service' : 'client');
};
