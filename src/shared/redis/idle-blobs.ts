import type { Redis } from 'ioredis';
import { artifactsOf } from '../plan/plan.ts';
import { keys } from './keys.ts';
import { runScript } from './scripts.ts';
import type { SessionStore } from './session-store.ts';

export interface IdleBlob {
  sha256: string;
  bytes: number;
}

const BATCH = 500;

/** Programs in Redis that no session's plan names, and that nobody has put there, or asked for, for so long. */
export async function findIdleBlobs(redis: Redis, store: SessionStore, idleS: number): Promise<IdleBlob[]> {
  const used = await usedBlobs(store);
  if (!used) return [];
  const found: IdleBlob[] = [];
  const prefix = keys.blob('');
  for await (const names of redis.scanStream({ match: `${prefix}*`, count: BATCH })) {
    for (const name of new Set<string>(names)) {
      const sha256 = name.slice(prefix.length);
      if (used.has(sha256)) continue;
      // Neither of the two counts as use. Without an answer (another memory policy, gone by now) it is left alone.
      const idle = await redis.object('IDLETIME', name).catch(() => null);
      const bytes = await redis.memory('USAGE', name);
      if (typeof idle === 'number' && idle >= idleS && bytes !== null) found.push({ sha256, bytes });
    }
  }
  return found;
}

/** @returns how many are gone: one that was put there again a moment ago is in use. */
export async function forgetBlobs(redis: Redis, blobs: readonly IdleBlob[], idleS: number): Promise<number> {
  let gone = 0;
  for (const { sha256 } of blobs)
    gone += Number(await runScript(redis, 'FORGET_IDLE', [keys.blob(sha256)], [idleS]));
  return gone;
}

/** Undefined: one of the sessions cannot be read, and may name anything. */
async function usedBlobs(store: SessionStore): Promise<Set<string> | undefined> {
  const used = new Set<string>();
  for (let at = 0; ; at += BATCH) {
    const ids = await store.list(BATCH, at);
    const { sessions, unreadable } = await store.readAll(ids);
    if (unreadable.length > 0) return undefined;
    for (const { plan } of sessions) {
      for (const artifact of artifactsOf(plan)) if (artifact.kind === 'blob') used.add(artifact.sha256);
    }
    if (ids.length < BATCH) return used;
  }
}
