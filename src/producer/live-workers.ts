import type { Redis } from 'ioredis';
import { keys } from '../shared/redis/keys.ts';
import { redisNowMs } from '../shared/redis/sleepers.ts';

/** A worker writes its heartbeat every few seconds; one that was silent for so long is taken for dead. */
const ALIVE_MS = 20_000;

/** The workers that serve a cluster now, as `host:pid`. */
export async function liveWorkers(redis: Redis, cluster: string): Promise<string[]> {
  return redis.zrangebyscore(keys.workers(cluster), (await redisNowMs(redis)) - ALIVE_MS, '+inf');
}
