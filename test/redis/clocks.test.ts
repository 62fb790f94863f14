import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Answer } from '../../src/shared/cluster/answer.ts';
import type { ClusterLink, Command } from '../../src/shared/cluster/cluster-link.ts';
import { ConnectionError } from '../../src/shared/errors.ts';
import { ACTIONS, queueName, queues } from '../../src/shared/queues.ts';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { QUEUE_PREFIX } from '../../src/shared/redis/keys.ts';
import { sessionStore } from '../../src/shared/redis/session-store.ts';
import { redisNowMs, sleepers } from '../../src/shared/redis/sleepers.ts';
import { isOver } from '../../src/shared/session/record.ts';
import { runAction } from '../../src/workers/run-action.ts';
import type { ServedCluster } from '../../src/workers/served-cluster.ts';
import { wakeDue } from '../../src/workers/sleep.ts';
import { ID, planOf, recordOf } from '../session/fixture.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = await connectRedis(server.url, 'work');
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => void (await redis.flushall()));
afterEach(() => vi.restoreAllMocks());

/** This process' clock, as if somebody had set it. The clock that timers run on goes on. */
function stepClock(ms: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + ms);
}

/**
 * A session whose first action fails so many times, then hears that its session is cancelled. @returns when it was at work, by a
 * clock that nobody sets.
 */
async function live(fails: () => Error, times: number, stepMs: number, before: boolean): Promise<number[]> {
  const plan = planOf({ services: 1, clients: 0 });
  const all = queues(redis);
  const store = sessionStore(redis, ({ record, plan: of }) => all.wake(record, of));
  const at: number[] = [];
  const ask = async ({ verb }: Command) => {
    if (verb === 'release') return new Answer(Buffer.from('owner s1 closed\nclosed\nnow 1\n'));
    at.push(performance.now());
    if (at.length === 1 && !before) stepClock(stepMs);
    if (at.length === times)
      await store.apply(ID, { type: 'cancel-requested', text: 'enough', clock: 0, look: 0 });
    throw fails();
  };
  const link: ClusterLink = {
    cluster: 'alpha',
    installation: 'btest',
    ask,
    run: async () => Buffer.from('none'),
    start: () => Promise.reject(new Error('nobody observes')),
    forward: () => new Promise(() => {}),
    close: async () => {},
  };
  const served: ServedCluster = {
    name: 'alpha',
    redis,
    link,
    store,
    cluster: clusterStore(redis, 'alpha'),
    queues: all,
    resultsFolder: undefined,
    secretsFolder: undefined,
    retentionS: undefined,
  };
  const log = pino({ level: 'silent' });
  if (before) stepClock(stepMs);
  const stop = new AbortController();
  const waker = wakeDue(served, log, stop.signal);
  const workers = ACTIONS.map((action) => {
    const process = (job: Job, token?: string) => runAction(served, job, token ?? '', log);
    const options = { connection: redis, prefix: QUEUE_PREFIX, concurrency: 5 };
    return new Worker(queueName('alpha', action), process, options).on('error', () => {});
  });
  await store.create(recordOf(plan), plan);
  await all.addFlow(recordOf(plan), plan);
  try {
    // An hour is what a wrong clock would make of half a second.
    await until(
      'the session is over',
      async () => isOver((await store.read(ID))?.record ?? recordOf(plan)),
      40_000,
    );
  } finally {
    stop.abort();
    await waker;
    await Promise.all(workers.map((worker) => worker.close(true)));
    await all.close();
  }
  return at;
}

describe('a worker whose clock is wrong neither hurries nor waits', () => {
  const lost = () => new ConnectionError('lost', { code: 'LOST', remedy: 'wait', waitMs: 500 });
  const mayPass = () => new Error('may pass');
  test.each<[string, number, boolean, () => Error, number]>([
    ['an hour ahead', HOUR_MS, true, lost, 4],
    ['set forward by an hour while its action is at work', HOUR_MS, false, lost, 4],
    ['set back by an hour while its action is at work', -HOUR_MS, false, lost, 4],
    ['set forward, and the error may pass', HOUR_MS, false, mayPass, 2],
    ['set back, and the error may pass', -HOUR_MS, false, mayPass, 2],
  ])('%s', async (_, stepMs, before, fails, times) => {
    const at = await live(fails, times, stepMs, before);
    expect(at).toHaveLength(times);
    const pauses = at.slice(1).map((each, index) => each - (at[index] ?? 0));
    for (const each of pauses) expect(each).toBeGreaterThan(480);
  });
});

describe('what sleeps in Redis', () => {
  test('is due by its clock, once, and again when whoever was to wake it died', async () => {
    const all = sleepers(redis, 'alpha');
    const now = await all.add('stage a', 0);
    expect(Math.abs(now - (await redisNowMs(redis)))).toBeLessThan(5_000);
    await all.add('stage b', 60_000);
    stepClock(HOUR_MS);
    const [due] = await all.due();
    expect(due?.name).toBe('stage a');
    expect(due?.until).toBeGreaterThan(now + 4_999);
    expect(await all.due()).toEqual([]);
    await redis.zadd('sbench:cluster:alpha:sleepers', 1, 'stage a');
    expect((await all.due()).map(({ name }) => name)).toEqual(['stage a']);
  });

  test('a sleep that has begun since is not forgotten for the one before', async () => {
    const all = sleepers(redis, 'alpha');
    await all.add('stage a', 0);
    const [due] = await all.due();
    if (!due) throw new Error('nothing was due');
    await all.add('stage a', 60_000);
    await all.forget(due);
    expect(await redis.zcard('sbench:cluster:alpha:sleepers')).toBe(1);
    await redis.zadd('sbench:cluster:alpha:sleepers', due.until, 'stage a');
    await all.forget(due);
    expect(await redis.zcard('sbench:cluster:alpha:sleepers')).toBe(0);
  });

  test('is hurried, never held up, when its cluster answers again', async () => {
    const all = sleepers(redis, 'alpha');
    await all.add('stage a', 60_000);
    await all.add('stage b', 0);
    await all.hurry(1);
    const names = await until('both are due', async () => {
      const due = await redis.zrangebyscore('sbench:cluster:alpha:sleepers', 0, await redisNowMs(redis));
      return due.length === 2 && due;
    });
    expect(names.sort()).toEqual(['stage a', 'stage b']);
  });
});
