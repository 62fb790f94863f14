import type { Redis } from 'ioredis';
import { keys } from '../redis/keys.ts';

/** What of Slurm may be silent while its login node answers. */
export type SlurmPart = 'controller' | 'accounting';

/** Asked of a hung controller, squeue waits for ten seconds and more; of a hung database, sacct for 45. */
const PAUSES: Record<SlurmPart, { firstMs: number; longestMs: number; absentMs: number }> = {
  controller: { firstMs: 5_000, longestMs: 60_000, absentMs: 60_000 },
  accounting: { firstMs: 15_000, longestMs: 300_000, absentMs: 900_000 },
};
/** While the next question is under way, nobody but who asks it believes that the silence is over. */
const ASKING_MS = 20_000;

/**
 * The silence of one part of a cluster's Slurm, known to all workers: it is asked in growing pauses with jitter, and by
 * its observer only. One answer ends it at once. In Redis with a time of its own, so that no host's clock matters and
 * what a dead observer wrote passes by itself.
 */
export interface Silence {
  /** It did not answer. @returns for how long nobody asks, in milliseconds. */
  began(): Promise<number>;
  /** The site has none of it, which may change. */
  absent(): Promise<void>;
  /** It answered. @returns whether it had been silent. */
  ended(): Promise<boolean>;
  /** Until its observer may ask again; 0: now. */
  leftMs(): Promise<number>;
  /** Until anybody else may. */
  leftForOthersMs(): Promise<number>;
}

export function silence(redis: Redis, cluster: string, part: SlurmPart, random = Math.random): Silence {
  const key = keys.silence(cluster, part);
  const { firstMs, longestMs, absentMs } = PAUSES[part];
  const failures = `${key}:failures`;
  const hold = (ms: number) => redis.set(key, '1', 'PX', Math.ceil(ms) + ASKING_MS);
  const left = async (less: number) => Math.max(0, (await redis.pttl(key)) - less);
  return {
    async began() {
      const before = (await redis.incr(failures)) - 1;
      // Many clusters share one database, and many installations one controller: they must not come back in step.
      const ms = Math.min(longestMs, firstMs * 2 ** Math.min(before, 20)) * (0.75 + random() / 2);
      await hold(ms);
      return ms;
    },
    async absent() {
      await redis.del(failures);
      await hold(absentMs);
    },
    ended: async () => (await redis.del(key, failures)) > 0,
    leftMs: () => left(ASKING_MS),
    leftForOthersMs: () => left(0),
  };
}
