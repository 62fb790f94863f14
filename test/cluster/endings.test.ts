import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RoleFacts } from '../../src/shared/session/facts.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe, type Shape } from '../support/recipes.ts';
import { until } from '../support/until.ts';

// Every way in which a session ends other than well, side by side on one worker. All sessions are submitted first;
// each test waits for its own.
describe('how sessions end', () => {
  let lab: Lab;
  const sessions = new Map<string, Promise<string>>();

  const recipes: Record<string, () => Shape> = {
    'client-time-limit': () => ({
      // Slurm's shortest time limit is a minute.
      client: { parameters: { max_tokens: 8, requests: 1_000_000 }, resources: { ...CPU, time: '1m' } },
    }),
    'service-dies': () => ({
      service: { command: '/bin/sh', args: ['-c', 'echo cannot open the model; exit 3'] },
    }),
    'service-never-ready': () => ({
      service: { command: 'sleep', args: ['600'], timeouts: { start: '5s' } },
    }),
    'model-not-found': () => ({ service: { model: 'no-such-model' } }),
    'client-fails': () => ({ clientSetup: [lab.ledgerLine, 'echo the disk is on fire; false'] }),
    'client-leaves-in-setup': () => ({ clientSetup: [lab.ledgerLine, 'exit 0'] }),
    'second-client-runs': () => ({
      clients: [{ setup: [lab.ledgerLine, 'false'] }, { setup: [lab.ledgerLine] }],
    }),
    // Its client waits in the queue, and the ready service waits for it.
    idle: () => ({ timeouts: { max_idle: '8s' }, client: { resources: { ...CPU, begin: 'now+1hour' } } }),
    'service-only-cancelled': () => ({ client: null }),
    'service-only-exits-0': () => ({ client: null, service: serverThatEnds(0) }),
    'service-only-exits-5': () => ({ client: null, service: serverThatEnds(5) }),
    refused: () => ({ service: { resources: { ...CPU, partition: 'no-such-partition' } } }),
  };

  beforeAll(async () => {
    lab = await openLab();
    lab.startWorker();
    for (const [name, shape] of Object.entries(recipes)) {
      const recipe = ollamaRecipe({
        serviceSetup: [lab.ledgerLine],
        clientSetup: [lab.ledgerLine],
        ...shape(),
      });
      sessions.set(name, lab.submit(recipe));
    }
  });
  afterAll(() => lab?.close());

  const over = async (name: string) => {
    const id = (await sessions.get(name)) ?? '';
    const record = await lab.untilOver(id, 160_000);
    const log = (role: string) =>
      readFileSync(join(lab.folder, 'results', id, 'logs', `${role}.out`), 'utf8');
    return { id, record, log, s1: record.roles.s1 as RoleFacts, c1: record.roles.c1 as RoleFacts };
  };
  /** Accounting hears of an end a moment after the controller. */
  const accounted = (facts: RoleFacts, word: RegExp) =>
    until(
      `sacct says ${word}`,
      () => (word.test(lab.accounted(slurmJobOf(facts))) ? true : undefined),
      20_000,
    );
  const nothingLeft = (id: string) =>
    expect(lab.liveSlurmJobs().filter((line) => line.includes(id))).toEqual([]);

  it('a service that dies at its start: its exit code and last words, and no client', async () => {
    const { id, record, s1, c1, log } = await over('service-dies');
    expect(record.state).toBe('failed');
    expect(record.ending).toMatchObject({ why: 'service-failed' });
    expect(record.ending?.text).toContain('exit code 3');
    expect(s1.verdict).toMatchObject({ is: 'failed', code: 'exit' });
    expect(s1.verdict).toHaveProperty('log', expect.stringContaining('cannot open the model'));
    expect(log('s1')).toContain('cannot open the model');
    expect(c1).toMatchObject({ submit: { is: 'none' }, verdict: { is: 'skipped' } });
    expect(lab.effects(id)).toEqual(['s1']);
    await accounted(s1, /^FAILED 3:0$/);
    nothingLeft(id);
  });

  it('a service that never becomes ready: ended at its start limit', async () => {
    const { id, record, s1, c1 } = await over('service-never-ready');
    expect(record.state).toBe('failed');
    expect(s1.verdict).toMatchObject({ is: 'failed', code: 'start-limit' });
    expect(record.ending?.text).toContain('not ready within 5 s');
    expect(c1).toMatchObject({ submit: { is: 'none' }, verdict: { is: 'skipped' } });
    await accounted(s1, /^CANCELLED/);
    nothingLeft(id);
  });

  it('a model that is not there: ends at once, with the server’s words', async () => {
    const { id, record, s1, c1 } = await over('model-not-found');
    expect(record.state).toBe('failed');
    // The start limit is ten minutes: it did not wait for that.
    expect(record.ending?.text).toMatch(/no-such-model.*not found/);
    expect(s1.verdict).toMatchObject({ is: 'failed', code: 'exit' });
    expect(c1.submit.is).toBe('none');
    await accounted(s1, /^FAILED 69:0$/);
    nothingLeft(id);
  });

  it('a service that Slurm refuses: its words, and nothing was ever there', async () => {
    const { id, record, s1 } = await over('refused');
    expect(record.state).toBe('failed');
    expect(s1.verdict).toMatchObject({
      is: 'failed',
      code: 'refused',
      why: expect.stringMatching(/partition/i),
    });
    expect(lab.effects(id)).toEqual([]);
  });

  it('a client that fails: a result, and the service is released', async () => {
    const { id, record, s1, c1, log } = await over('client-fails');
    expect(record.state).toBe('failed');
    expect(record.ending?.why).toBe('complete');
    expect(c1.verdict).toMatchObject({ is: 'failed', code: 'exit', why: 'setup line 2 failed' });
    expect(c1.verdict).toHaveProperty('log', expect.stringContaining('the disk is on fire'));
    expect(log('c1')).toContain('the disk is on fire');
    expect(s1.verdict).toEqual({ is: 'released' });
    expect(lab.effects(id)).toEqual(['c1', 's1']);
    await accounted(c1, /^FAILED 70:0$/);
    await accounted(s1, /^CANCELLED/);
    nothingLeft(id);
  });

  it('a client whose setup line exits, with 0: never a success', async () => {
    const { record, c1 } = await over('client-leaves-in-setup');
    expect(record.state).toBe('failed');
    const why = expect.stringContaining('before its program was started');
    expect(c1.verdict).toMatchObject({ is: 'failed', code: 'exit', why });
    await accounted(c1, /^FAILED 70:0$/);
  });

  it('two clients, the first fails: the second runs all the same, both are recorded', async () => {
    const { id, record, c1 } = await over('second-client-runs');
    const c2 = record.roles.c2 as RoleFacts;
    expect(record.state).toBe('failed');
    expect(c1.verdict).toMatchObject({ is: 'failed', code: 'exit', why: 'setup line 2 failed' });
    expect(c2.verdict).toEqual({ is: 'succeeded' });
    expect(Object.keys(record.results)).toEqual(['c2']);
    expect(record.results.c2).toMatchObject({ status: 'ok' });
    expect(lab.effects(id)).toEqual(['c1', 'c2', 's1']);
    nothingLeft(id);
  });

  it('a service that nobody uses for max_idle is freed, and the session says so', async () => {
    const { id, record, s1, c1 } = await over('idle');
    expect(record.state).toBe('failed');
    // The client's own queue limit is the same time: whichever of the two is seen first.
    expect(record.ending?.why).toMatch(/^(complete|max-idle)$/);
    expect(s1.verdict).toEqual({ is: 'released' });
    expect(c1.started).toBeUndefined();
    expect(lab.effects(id)).toEqual(['s1']);
    nothingLeft(id);
  });

  it('a service alone stays up until it is cancelled, and that is success', async () => {
    const id = (await sessions.get('service-only-cancelled')) ?? '';
    const ready = await lab.untilRecord(id, 'is ready', ({ roles }) => roles.s1?.ready !== undefined);
    expect(ready.state).toBe('running');
    const { status, stdout } = await lab.run('cancel', id, '--json');
    nothingLeft(id);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ id, state: 'succeeded', ending: { why: 'cancelled' } });
    expect((await lab.record(id)).roles.s1).toMatchObject({ verdict: { is: 'released' }, released: 'yes' });
  });

  it('a service alone that ends by itself with exit code 0 succeeded', async () => {
    const { id, record, s1 } = await over('service-only-exits-0');
    expect(s1.ready).toBeDefined();
    expect(s1.verdict).toEqual({ is: 'succeeded' });
    expect(record).toMatchObject({ state: 'succeeded', ending: { why: 'service-ended' } });
    await accounted(s1, /^COMPLETED 0:0$/);
    nothingLeft(id);
  });

  it('a service alone that ends by itself with exit code 5 failed', async () => {
    const { id, record, s1 } = await over('service-only-exits-5');
    expect(s1.verdict).toMatchObject({
      is: 'failed',
      code: 'exit',
      why: expect.stringContaining('exit code 5'),
    });
    expect(record).toMatchObject({ state: 'failed', ending: { why: 'service-ended' } });
    await accounted(s1, /^FAILED 5:0$/);
    nothingLeft(id);
  });

  it('a client that outlives its time limit: Slurm’s reason, not only an exit code', async () => {
    // Slurm looks for passed limits twice a minute.
    const { id, record, s1, c1 } = await over('client-time-limit');
    expect(record.state).toBe('failed');
    expect(c1.verdict).toMatchObject({
      is: 'failed',
      code: 'timeout',
      why: expect.stringContaining('TIMEOUT'),
    });
    expect(s1.verdict).toEqual({ is: 'released' });
    expect(lab.effects(id)).toEqual(['c1', 's1']);
    await accounted(c1, /^TIMEOUT/);
    nothingLeft(id);
  });
});

const CPU = { partition: 'cpu', cpus: 1, mem: '1G', time: '5m' };
const slurmJobOf = ({ submit }: RoleFacts): number => (submit.is === 'accepted' ? submit.id : 0);

/** A real server that ends by itself as soon as it has been seen ready. */
function serverThatEnds(code: number) {
  const lines = [
    '$LLM/bin/ollama-compatible serve & server=$!',
    `until [ -e "$SBENCH_DIR/.ready.s1" ]; do sleep 0.1; done`,
    `kill "$server"; exit ${code}`,
  ];
  return { command: '/bin/sh', args: ['-c', lines.join('\n')] };
}
