import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { ID } from '../session/fixture.ts';
import { account, NAME, recordedSession, row } from '../support/recorded-session.ts';
import type { Recorded } from '../support/recorded-slurm.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

// What a real sacct 22.05 was heard to say, of a Slurm job that squeue no longer lists.
let server: TestRedis;
let redis: Redis;
let at: Awaited<ReturnType<typeof recordedSession>>;
beforeAll(async () => {
  server = await startRedis();
  redis = await connectRedis(server.url, 'ask');
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  at = await recordedSession(redis);
});
afterEach(() => at.slurm.close());

const DATABASE_HUNG = `sacct: error: slurm_persist_conn_open: No response to persist_init
sacct: error: Sending PersistInit msg: Resource temporarily unavailable
sacct: error: Problem talking to the database: Resource temporarily unavailable
`;
const DATABASE_DEAD = `sacct: error: slurm_persist_conn_open_without_init: failed to open persistent connection to host:alpha-login:6819: Connection refused
sacct: error: Problem talking to the database: Connection refused
`;

describe('accounting', () => {
  /** Not listed any more: its record was purged. */
  const purged = async () => {
    await at.look();
    await at.look();
    expect(await at.facts()).toMatchObject({ gone: { looks: 2 } });
  };
  test.each<[string, Recorded, 'silent' | 'absent' | 'knows-nothing']>([
    ['hung', { code: 1, err: DATABASE_HUNG }, 'silent'],
    ['dead', { code: 1, err: DATABASE_DEAD }, 'silent'],
    ['ended by us', { code: 124 }, 'silent'],
    ['none', { code: 1, err: 'Slurm accounting storage is disabled\n' }, 'absent'],
    ['empty', {}, 'knows-nothing'],
    ['garbled', { out: `11|FAILED|${NAME}\n` }, 'silent'],
    ['an id that is none', { out: account('FAILED', { id: '?' }) }, 'silent'],
    ['stale: it says that it still runs', { out: account('RUNNING') }, 'silent'],
    ['a word that no manual has', { out: account('MELTED') }, 'silent'],
    ['an older one of the same id', { out: account('FAILED', { submit: 1_600_000_000 }) }, 'knows-nothing'],
    ['another name of the same id', { out: account('FAILED', { name: 'sb-other-x' }) }, 'knows-nothing'],
  ])('%s: %o is %s, and no end', async (_, answer, is) => {
    await purged();
    at.slurm.say('sacct', answer);
    await at.askAccounting();
    expect((await at.facts()).accounting).toMatchObject({ is });
    expect((await at.facts()).verdict).toBeUndefined();
  });
  test.each([
    ['CANCELLED by 1001', '0:0', { word: 'CANCELLED', uid: 1001 }, 'cancelled by uid 1001'],
    ['NODE_FAIL', '0:0', { word: 'NODE_FAIL' }, 'Slurm says NODE_FAIL'],
    ['OUT_OF_MEMORY', '0:125', { word: 'OUT_OF_MEMORY' }, 'Slurm says OUT_OF_MEMORY, exit code 0:125'],
    ['TIMEOUT', '0:0', { word: 'TIMEOUT' }, 'Slurm says TIMEOUT'],
    ['DEADLINE', '0:0', { word: 'DEADLINE' }, 'Slurm says DEADLINE'],
    ['PREEMPTED', '0:0', { word: 'PREEMPTED' }, 'Slurm says PREEMPTED'],
  ])('%s %s: its word counts, and its reason is told', async (state, code, word, why) => {
    await purged();
    at.slurm.say('sacct', { out: account(state, { code }) });
    await at.askAccounting();
    expect((await at.facts()).slurm).toMatchObject({ ...word, source: 'sacct' });
    // Twenty seconds on, no word of its own has come.
    await at.slurm.served.cluster.tick(at.lease, 1_000, 30);
    await at.slurm.served.cluster.tick(at.lease, 1_030, 30);
    await at.look();
    expect((await at.facts()).verdict).toMatchObject({ is: 'failed', why });
  });
  test('out of memory with exit code 0 of its own is no success', async () => {
    await at.says('exited', { code: 0, manifest: 'a'.repeat(64) });
    await purged();
    at.slurm.say('sacct', { out: account('OUT_OF_MEMORY', { code: '0:125' }) });
    await at.askAccounting();
    expect((await at.facts()).verdict).toMatchObject({ is: 'failed', code: 'out_of_memory' });
  });

  test('silent, it is asked in pauses, and its silence is the answer for all; one answer ends it', async () => {
    await purged();
    at.slurm.say('sacct', { code: 1, err: DATABASE_DEAD });
    for (let i = 0; i < 5; i++) await at.askAccounting();
    expect(at.slurm.asked('sacct')).toBe(1);
    await at.pauseOver('accounting');
    await at.askAccounting();
    expect(at.slurm.asked('sacct')).toBe(2);
    await at.pauseOver('accounting');
    at.slurm.say('sacct');
    for (let i = 0; i < 3; i++) await at.askAccounting();
    expect(at.slurm.asked('sacct')).toBe(5);
    expect((await at.facts()).accounting).toMatchObject({ is: 'knows-nothing' });
  });
  test('absent, it is asked once in a quarter of an hour, and another Slurm job knows at once', async () => {
    await purged();
    at.slurm.say('sacct', { code: 1, err: 'Slurm accounting storage is disabled\n' });
    await at.askAccounting();
    at.slurm.say('squeue', { out: row('RUNNING') });
    await at.look();
    expect((await at.facts()).accounting).toBeUndefined();
    at.slurm.say('squeue');
    await purged();
    await at.askAccounting();
    expect((await at.facts()).accounting).toMatchObject({ is: 'absent' });
    expect(at.slurm.asked('sacct')).toBe(1);
  });
  test('an answer about what was, when Slurm has listed it again since, says nothing', async () => {
    await purged();
    const answers = [{ role: 's1', answer: { is: 'knows-nothing' } as const, goneSince: -1 }];
    const times = { windowS: 20, killWaitS: 30 };
    const now = { clock: 5, look: 9 };
    await at.slurm.served.store.apply(ID, { type: 'accounted', attempt: 1, answers, times, ...now });
    expect((await at.facts()).accounting).toBeUndefined();
  });
});
