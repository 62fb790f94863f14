import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readBreaker, resetBreaker, throughBreaker } from '../../src/shared/cluster/breaker.ts';
import { AuthenticationError, ConnectionError } from '../../src/shared/errors.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { keys } from '../../src/shared/redis/keys.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

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

const down = () => new ConnectionError('connection refused', { code: 'REFUSED', remedy: 'wait' });
const woken: string[] = [];
const through = (connect: () => Promise<string>) =>
  throughBreaker(redis, 'alpha', connect, async () => void woken.push('woken'));
const failing = (error: Error = down()) =>
  through(() => Promise.reject(error)).catch((caught: unknown) => caught as { code: string; waitMs: number });
const pauseOver = () => redis.del(`${keys.breaker('alpha')}:pause`);

test('closed, it lets everybody through and wakes nobody', async () => {
  woken.length = 0;
  expect(await Promise.all([through(async () => 'a'), through(async () => 'b')])).toEqual(['a', 'b']);
  expect(woken).toEqual([]);
});

test('many workers that begin with a wrong key try it once', async () => {
  let logins = 0;
  const workers = Array.from({ length: 8 }, () =>
    through(async () => {
      logins += 1;
      // The others have asked for their turn by now.
      await expect.poll(() => redis.exists(keys.prober('alpha'))).toBe(1);
      throw new AuthenticationError('keys refused', { code: 'AUTH', remedy: 'person' });
    }).catch((error: { code: string }) => error.code),
  );
  expect((await Promise.all(workers)).sort()).toEqual(['AUTH', ...Array(7).fill('NEEDS_PERSON')]);
  expect(logins).toBe(1);
});

test('open, it lets nobody connect, and says why and for how long', async () => {
  await failing();
  let connected = false;
  const refused = through(async () => {
    connected = true;
    return '';
  });
  await expect(refused).rejects.toMatchObject({ code: 'UNREACHABLE', remedy: 'wait' });
  await expect(refused).rejects.toThrow('connection refused');
  expect(connected).toBe(false);
});

test('after the pause one probes at a time, and the others wait', async () => {
  await failing();
  await pauseOver();
  let answer = (_: string) => {};
  const probe = through(() => new Promise<string>((resolve) => (answer = resolve)));
  await expect.poll(() => redis.exists(keys.prober('alpha'))).toBe(1);
  expect(await failing()).toMatchObject({ code: 'UNREACHABLE', waitMs: 2_000 });
  answer('connected');
  expect(await probe).toBe('connected');
});

test('the pauses grow, with jitter, to no more than five minutes and a quarter', async () => {
  const pauses: number[] = [];
  for (let i = 0; i < 10; i++) {
    await pauseOver();
    await failing();
    pauses.push((await readBreaker(redis, 'alpha'))?.pauseMs ?? 0);
  }
  expect(pauses[0]).toBeGreaterThan(1_400);
  expect(pauses[0]).toBeLessThanOrEqual(2_500);
  expect(pauses[4]).toBeGreaterThan(23_000);
  expect(pauses[9]).toBeGreaterThan(220_000);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(375_000);
});

test('what needs a person is tried once an hour, until somebody says that it is mended', async () => {
  await failing(new AuthenticationError('keys refused', { code: 'AUTH', remedy: 'person' }));
  expect((await readBreaker(redis, 'alpha'))?.pauseMs).toBeGreaterThan(3_500_000);
  expect(await failing()).toMatchObject({ code: 'NEEDS_PERSON', waitMs: 60_000 });
  await resetBreaker(redis, 'alpha');
  expect(await through(async () => 'mended')).toBe('mended');
});

test('closing it forgets everything, and wakes what waits', async () => {
  woken.length = 0;
  await failing();
  await pauseOver();
  await through(async () => 'connected');
  expect(woken).toEqual(['woken']);
  expect(await readBreaker(redis, 'alpha')).toBeUndefined();
  expect(await redis.exists(keys.prober('alpha'))).toBe(0);
});
