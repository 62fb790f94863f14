import type { Redis } from 'ioredis';
import { keys } from './keys.ts';
import { runScript } from './scripts.ts';

/** Who wakes one has so long for it; then somebody else does. */
const HOLD_MS = 5_000;
const AT_ONCE = 200;

export interface Due {
  /** `<action> <action id>`. */
  name: string;
  /** Says which sleep this is, so that a later one is not forgotten for it. */
  until: number;
}

/** The actions of a cluster that sleep, by when they are due on Redis' clock: no host's decides how long. */
export interface Sleepers {
  /** @returns Redis' time, in milliseconds since 1970. */
  add(name: string, ms: number): Promise<number>;
  /** Those whose time has come; each is somebody else's again after a few seconds. */
  due(): Promise<Due[]>;
  /** It is awake. */
  forget(due: Due): Promise<void>;
  /** All of them at random times within so long. */
  hurry(withinMs: number): Promise<void>;
}

export function sleepers(redis: Redis, cluster: string): Sleepers {
  const key = keys.sleepers(cluster);
  return {
    add: async (name, ms) => Number(await runScript(redis, 'SLEEP', [key], [name, Math.ceil(ms)])),
    async due() {
      const found = (await runScript(redis, 'DUE', [key], [HOLD_MS, AT_ONCE])) as string[];
      const [until = '0', ...names] = found;
      return names.map((name) => ({ name, until: Number(until) }));
    },
    async forget({ name, until }) {
      await runScript(redis, 'WOKEN', [key], [name, until]);
    },
    async hurry(withinMs) {
      for (const name of await redis.zrange(key, '0', '-1'))
        await runScript(redis, 'HURRY', [key], [name, Math.ceil(Math.random() * withinMs)]);
    },
  };
}

/** Milliseconds since 1970, by the clock that all share. */
export async function redisNowMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}
