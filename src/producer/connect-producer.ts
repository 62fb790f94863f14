import type { Redis } from 'ioredis';
import { type Queues, queues } from '../shared/queues.ts';
import { connectRedis } from '../shared/redis/connect.ts';
import { type SessionStore, sessionStore } from '../shared/redis/session-store.ts';

/** What asking for work needs: the records and the queues, never a cluster. */
export interface ProducerDeps {
  redis: Redis;
  store: SessionStore;
  queues: Queues;
}

/**
 * Close it with `closeProducer`.
 * @throws RedisError when no Redis answers.
 */
export async function connectProducer(url: string): Promise<ProducerDeps> {
  const redis = await connectRedis(url, 'ask');
  // It has answered once: from now on an outage fails what is asked meanwhile, and passes by itself.
  redis.options.retryStrategy = (times) => Math.min(times * 200, 2_000);
  const all = queues(redis);
  return { redis, queues: all, store: sessionStore(redis, ({ record, plan }) => all.wake(record, plan)) };
}

export async function closeProducer({ redis, queues: all }: ProducerDeps): Promise<void> {
  // Without Redis the queues have nobody to say goodbye to, and would wait for it.
  if (redis.status === 'ready') await all.close().catch(() => undefined);
  redis.disconnect();
}
