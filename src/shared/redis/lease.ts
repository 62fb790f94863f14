import type { Redis } from 'ioredis';
import { newNonce } from '../ids.ts';
import { runScript } from './scripts.ts';

/** A right that one process has for a while, and that a dead process loses by itself. */
export interface Lease {
  key: string;
  nonce: string;
  renew(): Promise<boolean>;
  yield(): Promise<void>;
}

export async function takeLease(redis: Redis, key: string, holdMs: number): Promise<Lease | undefined> {
  // Random, not a process id: after a restart nobody may be taken for who held it before.
  const nonce = newNonce();
  if ((await redis.set(key, nonce, 'PX', holdMs, 'NX')) !== 'OK') return undefined;
  return {
    key,
    nonce,
    renew: async () => (await runScript(redis, 'RENEW', [key], [nonce, holdMs])) === 1,
    yield: async () => {
      await runScript(redis, 'YIELD', [key], [nonce]);
    },
  };
}
