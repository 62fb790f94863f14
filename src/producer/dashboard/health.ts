import type { Redis } from 'ioredis';
import { liveWorkers } from '../live-workers.ts';

const PATIENCE_MS = 2_000;

export interface Health {
  ok: boolean;
  redis: boolean;
  clusters: Record<string, { workers: number }>;
}

/** Whether work that is asked for now would be done: Redis answers, and every configured cluster is served. */
export async function health(redis: Redis, clusters: readonly string[]): Promise<Health> {
  const check = async (): Promise<Health> => {
    await redis.ping();
    const counted = await Promise.all(
      clusters.map(async (name) => [name, { workers: (await liveWorkers(redis, name)).length }] as const),
    );
    return {
      ok: counted.every(([, { workers }]) => workers > 0),
      redis: true,
      clusters: Object.fromEntries(counted),
    };
  };
  const failed: Health = { ok: false, redis: false, clusters: {} };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Health>((resolve) => {
    timer = setTimeout(() => resolve(failed), PATIENCE_MS);
  });
  return Promise.race([check().catch(() => failed), late]).finally(() => clearTimeout(timer));
}
