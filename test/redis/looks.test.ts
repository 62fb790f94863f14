import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { slurmJobName } from '../../src/shared/ids.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { keys } from '../../src/shared/redis/keys.ts';
import { NAME, recordedSession, row } from '../support/recorded-session.ts';
import { INSTALLATION, type Recorded } from '../support/recorded-slurm.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

// What a real squeue 22.05 was heard to say, healthy and sick, through the remote tool into a session's record.
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

const HUNG = 'slurm_load_jobs error: Socket timed out on send/recv operation\n';
const DEAD = 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n';

describe('a look that says nothing changes nothing', () => {
  test.each<[string, Recorded, RegExp]>([
    ['a hung controller', { code: 1, err: HUNG }, /Socket timed out/],
    ['a dead controller', { code: 1, err: DEAD }, /Unable to contact/],
    ['squeue that we ended', { code: 124 }, /no answer within 15 s/],
    ['squeue that is gone', { code: 127, err: 'squeue: not found\n' }, /not found/],
    ['a crash in the middle of the list', { code: 139, out: row('RUNNING').slice(0, 30) }, /no answer/],
    ['no list and exit code 0', { err: 'squeue: error: Invalid user: hpc\n' }, /Invalid user/],
    ['no list, an error and exit code 0', { err: HUNG }, /Socket timed out/],
    ['a row cut in its middle and exit code 0', { out: row('RUNNING').slice(0, 40) }, /was cut/],
    ['an id that is none', { out: row('RUNNING', { id: '?1' }) }, /cannot be read/],
    ['a row without its state', { out: row('') }, /cannot be read/],
    ['a row with too few words', { out: `NONCE|11|RUNNING|${NAME}|NONCE\n` }, /cannot be read/],
  ])('%s', async (_, answer, why) => {
    const before = await at.stored();
    at.slurm.say('squeue', answer);
    for (let i = 0; i < 3; i++) expect(await at.look()).toBeUndefined();
    expect(await at.stored()).toEqual(before);
    expect((await at.slurm.served.cluster.noted()).controller).toMatch(why);
    expect(await redis.pttl(keys.silence('alpha', 'controller'))).toBeGreaterThan(0);
  });

  test('an answer that is not whole', async () => {
    const before = await at.stored();
    const { link } = at.slurm.served;
    const cut = { ...link, ask: () => link.ask({ verb: 'nosuch', args: [] }) };
    expect(await at.look(true, cut)).toBeUndefined();
    expect(await at.stored()).toEqual(before);
  });

  test('nor one whose spool was not emptied behind it', async () => {
    const before = await at.stored();
    at.slurm.say('squeue', { out: row('NODE_FAIL') });
    expect(await at.look(false)).toBeUndefined();
    expect(await at.stored()).toEqual(before);
  });

  test('one answer ends the silence at once', async () => {
    at.slurm.say('squeue', { code: 1, err: HUNG });
    await at.look();
    at.slurm.say('squeue', { out: row('RUNNING') });
    expect(await at.look()).toEqual({ releasing: false });
    expect(await redis.exists(keys.silence('alpha', 'controller'))).toBe(0);
    expect(await at.facts()).toMatchObject({ slurm: { word: 'RUNNING', life: 'live' } });
  });
});

describe('what a look lists is believed', () => {
  test.each([
    ['suspended', 'SUSPENDED', 'live'],
    ['held after a requeue', 'REQUEUE_HOLD', 'waiting'],
    ['being resized', 'RESIZING', 'live'],
    ['a word that no manual has', 'MELTED', 'unknown'],
    ['on its way out', 'COMPLETING', 'ending'],
    ['past its deadline', 'DEADLINE', 'ended'],
    ['preempted', 'PREEMPTED', 'ended'],
  ])('%s: %s is %s', async (_, word, life) => {
    at.slurm.say('squeue', { out: row(word) });
    await at.look();
    expect(await at.facts()).toMatchObject({ slurm: { word, life } });
    expect((await at.facts()).gone).toBeUndefined();
    expect((await at.facts()).verdict).toBeUndefined();
  });
  test.each([
    ['a task of an array', ['11_0 COMPLETED', '11_1 RUNNING', '11_[2-4%2] PENDING'], 'RUNNING'],
    ['tasks that have not begun', ['11_[0-4%2] PENDING'], 'PENDING'],
    ['all tasks over', ['11_0 COMPLETED', '11_1 FAILED'], 'COMPLETED'],
    ['the parts of a heterogeneous one', ['11+0 COMPLETED', '11+1 RUNNING'], 'RUNNING'],
  ])('%s', async (_, parts, word) => {
    const lines = parts.map((part) => row(part.split(' ')[1] ?? '', { id: part.split(' ')[0] ?? '' }));
    at.slurm.say('squeue', { out: lines.join('') });
    await at.look();
    expect((await at.facts()).slurm).toMatchObject({ id: 11, word });
  });
  test('an id without its name is somebody else’s: used again after a controller lost its state', async () => {
    const stranger = slurmJobName(INSTALLATION, '261123-zzzzzz', 1, 's1');
    at.slurm.say('squeue', { out: row('RUNNING', { name: stranger }) });
    await at.look();
    expect(await at.facts()).toMatchObject({ gone: { looks: 1 }, live: false });
  });
});
