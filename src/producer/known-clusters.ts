import type { Redis } from 'ioredis';
import { keys } from '../shared/redis/keys.ts';

/** Those of our configuration, and those that other hosts brought. */
export async function knownClusters(redis: Redis, configured: readonly string[]): Promise<string[]> {
  return [...new Set([...configured, ...(await redis.smembers(keys.clusters))])].sort();
}
