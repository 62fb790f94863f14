import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { silence } from '../../src/shared/cluster/silence.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
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

const pauses = async (part: 'controller' | 'accounting', random = () => 0.5, times = 8) => {
  const quiet = silence(redis, 'alpha', part, random);
  const ms: number[] = [];
  for (let i = 0; i < times; i++) ms.push(await quiet.began());
  return ms.map((each) => each / 1_000);
};

test('the pauses grow to a cap, each part with its own', async () => {
  expect(await pauses('controller')).toEqual([5, 10, 20, 40, 60, 60, 60, 60]);
  expect(await pauses('accounting')).toEqual([15, 30, 60, 120, 240, 300, 300, 300]);
});
test('they have jitter: a quarter up and down', async () => {
  expect(await pauses('controller', () => 0, 1)).toEqual([3.75]);
  await redis.flushall();
  expect(await pauses('controller', () => 1, 1)).toEqual([6.25]);
});
test('its observer asks first: others wait until its question has been answered', async () => {
  const quiet = silence(redis, 'alpha', 'controller', () => 0.5);
  expect([await quiet.leftMs(), await quiet.leftForOthersMs()]).toEqual([0, 0]);
  await quiet.began();
  expect(await quiet.leftMs()).toBeGreaterThan(4_000);
  expect(await quiet.leftForOthersMs()).toBeGreaterThan(24_000);
});
test('one answer ends it, for every worker and at once; the next silence begins small', async () => {
  await pauses('controller');
  const other = silence(redis, 'alpha', 'controller');
  expect(await other.ended()).toBe(true);
  expect([await other.leftForOthersMs(), await other.ended()]).toEqual([0, false]);
  expect(await pauses('controller', () => 0.5, 1)).toEqual([5]);
});
test('clusters and parts are apart', async () => {
  await pauses('controller');
  expect(await silence(redis, 'beta', 'controller').leftMs()).toBe(0);
  expect(await silence(redis, 'alpha', 'accounting').leftMs()).toBe(0);
});
