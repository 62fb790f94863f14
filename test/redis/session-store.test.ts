import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { keys } from '../../src/shared/redis/keys.ts';
import { takeLease } from '../../src/shared/redis/lease.ts';
import { type Applied, FencedOffError, sessionStore } from '../../src/shared/redis/session-store.ts';
import { newRecord } from '../../src/shared/session/record.ts';
import { planOf } from '../session/fixture.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = await connectRedis(server.url, 'ask');
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(() => redis.flushall());

const plan = planOf({ services: 1, clients: 1 });
const progress: Applied[] = [];
const open = () => sessionStore(redis, async (applied) => void progress.push(applied));
const recordOf = (id: string, key?: string, recipeSha256 = 'r') =>
  newRecord(id, plan, { recipeSha256, createdAt: 1, ...(key === undefined ? {} : { key }) });
const stamp = { clock: 0, look: 0 };
const died = { type: 'died', attempt: 1, action: 'stage', ...stamp } as const;

describe('a change is stored over the version that it was made from', () => {
  test('so concurrent writers lose nothing', async () => {
    const store = open();
    await store.create(recordOf('a'), plan);
    const writers = Array.from({ length: 9 }, () => sessionStore(redis, async () => {}));
    await Promise.all(writers.map((writer) => writer.apply('a', died)));
    const after = await store.read('a');
    expect(after?.record.deaths).toBe(9);
    expect(after?.version).toBe(10);
  });

  test('and one that changes nothing is not stored, and wakes nobody', async () => {
    const store = open();
    await store.create(recordOf('a'), plan);
    await store.apply('a', { type: 'cancel-requested', text: 'enough', ...stamp });
    const before = await store.read('a');
    progress.length = 0;
    await store.apply('a', { type: 'cancel-requested', text: 'again', ...stamp });
    await store.apply('a', { type: 'action-failed', attempt: 1, action: 'stage', text: 'late', ...stamp });
    expect(await store.read('a')).toEqual(before);
    expect(progress).toHaveLength(0);
  });

  test('progress raises the wake number and writes the timeline, together', async () => {
    const store = open();
    await store.create(recordOf('a'), plan);
    progress.length = 0;
    const applied = await store.apply('a', { type: 'cancel-requested', text: 'enough', ...stamp });
    expect(applied?.wake).toBe(1);
    expect(await store.wakeNumber('a')).toBe(1);
    const lines = await redis.xrange(keys.timeline('a'), '-', '+');
    expect(lines).toHaveLength(applied?.notes.length ?? -1);
    expect(progress).toHaveLength(1);
  });

  test('a session that is gone is not made again', async () => {
    expect(await open().apply('nobody', died)).toBeUndefined();
    expect(await redis.exists(keys.session('nobody'))).toBe(0);
  });

  test('one record or plan of a newer sbench hides no other session', async () => {
    const store = open();
    for (const id of ['a', 'b', 'c']) await store.create(recordOf(id), plan);
    await redis.hset(keys.session('a'), 'record', JSON.stringify({ ...recordOf('a'), v: 2 }));
    await redis.hset(keys.session('b'), 'plan', JSON.stringify({ ...plan, added: 'later' }));
    // A store that has not read them before: a plan is parsed once a process.
    const { sessions, unreadable } = await open().readAll(['a', 'b', 'c', 'nobody']);
    expect(sessions.map(({ record }) => record.id)).toEqual(['c']);
    expect(unreadable).toEqual(['a', 'b']);
    await expect(open().read('b')).rejects.toMatchObject({ code: 'NEWER_VERSION', remedy: 'wait' });
  });

  test('a session that is over is no longer among the open ones', async () => {
    const store = open();
    await store.create(recordOf('a'), plan);
    expect(await store.open('alpha')).toEqual(['a']);
    await store.apply('a', { type: 'cancel-requested', text: 'enough', ...stamp });
    await store.apply('a', {
      type: 'collected',
      attempt: 1,
      checked: {},
      invalid: [],
      results: {},
      endedAt: 1,
      ...stamp,
    });
    expect((await store.read('a'))?.record.state).toBe('cancelled');
    expect(await store.open('alpha')).toEqual([]);
  });
});

describe('a key is one piece of work', () => {
  test('20 producers at once make one session', async () => {
    const producers = Array.from({ length: 20 }, (_, i) =>
      sessionStore(redis, async () => {}).create(recordOf(`p${i}`, 'k'), plan),
    );
    const ids = new Set((await Promise.all(producers)).map(({ id }) => id));
    expect(ids.size).toBe(1);
    expect(await redis.zcard(keys.sessions)).toBe(1);
    expect(await open().open('alpha')).toEqual([...ids]);
  });
  test('the recipe that it was first given with is told', async () => {
    await open().create(recordOf('a', 'k', 'first'), plan);
    expect(await open().create(recordOf('b', 'k', 'second'), plan)).toEqual({
      id: 'a',
      recipeSha256: 'first',
    });
  });
  test('without a key everybody gets a session', async () => {
    await Promise.all(['a', 'b'].map((id) => open().create(recordOf(id), plan)));
    expect((await open().list(10)).sort()).toEqual(['a', 'b']);
  });
});

describe('a lease', () => {
  test('has one holder, and goes on while it is renewed', async () => {
    const lease = await takeLease(redis, 'lease', 60_000);
    expect(await takeLease(redis, 'lease', 60_000)).toBeUndefined();
    expect(await lease?.renew()).toBe(true);
    await lease?.yield();
    expect(await takeLease(redis, 'lease', 60_000)).toBeDefined();
  });

  test('that ran out belongs to whoever takes it; the first holder can neither renew it nor give it away', async () => {
    const first = await takeLease(redis, 'lease', 20);
    const second = await until('the lease runs out', () => takeLease(redis, 'lease', 60_000));
    expect(await first?.renew()).toBe(false);
    await first?.yield();
    expect(await second.renew()).toBe(true);
  });

  test('fences off a stale observer: what it saw changes neither record nor clock', async () => {
    const store = open();
    await store.create(recordOf('a'), plan);
    const stale = await takeLease(redis, keys.observer('alpha'), 20);
    const fresh = await until('the lease runs out', () => takeLease(redis, keys.observer('alpha'), 60_000));
    await expect(store.apply('a', died, stale)).rejects.toThrow(FencedOffError);
    expect((await store.read('a'))?.record.deaths).toBe(0);
    const cluster = clusterStore(redis, 'alpha');
    if (stale) expect(await cluster.tick(stale, 100, 30)).toBeUndefined();
    expect((await store.apply('a', died, fresh))?.record.deaths).toBe(1);
  });
});

describe('the clock of observations', () => {
  test('advances by at most one interval a look, and never goes back', async () => {
    const cluster = clusterStore(redis, 'alpha');
    const lease = await takeLease(redis, keys.observer('alpha'), 60_000);
    if (!lease) throw new Error('no lease');
    const clocks: (number | undefined)[] = [];
    for (const observed of [1_000, 1_010, 1_010, 9_999, 500, 510])
      clocks.push(await cluster.tick(lease, observed, 30));
    expect(clocks).toEqual([0, 10, 10, 40, 40, 50]);
    expect(await cluster.nextLook()).toBe(1);
    expect(await cluster.stamp()).toEqual({ clock: 50, look: 1 });
  });

  test('one name is one place', async () => {
    const cluster = clusterStore(redis, 'alpha');
    await cluster.register('hpc@login:22:.sbench');
    await cluster.register('hpc@login:22:.sbench');
    await expect(cluster.register('hpc@other:22:.sbench')).rejects.toThrow(
      'knows it as hpc@login:22:.sbench',
    );
  });
});
