import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

let server: TestRedis;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

test('a Redis that hangs: a person hears of it, a worker waits for it', async () => {
  server.freeze();
  const [person, worker] = await Promise.all([
    connectRedis(server.url, 'ask').catch((error) => error),
    connectRedis(server.url, 'work'),
  ]);
  expect(person.message).toBe(
    `no Redis answers at ${server.url}: it takes connections and answers nothing for 5 s`,
  );
  expect(worker.status).not.toBe('ready');
  server.thaw();
  await until('it answers the worker', () => worker.status === 'ready');
  worker.disconnect();
});
