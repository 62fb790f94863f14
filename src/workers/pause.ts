import { setTimeout as after } from 'node:timers/promises';

/** Waits, but not longer than until `signal` aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await after(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
