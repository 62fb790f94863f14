import { setTimeout as pause } from 'node:timers/promises';

/** Waits for a condition; never for a time. Throws with the last value seen when it does not come. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  withinMs = 60_000,
  everyMs = 100,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value) return value;
    if (performance.now() > end) throw new Error(`it did not happen within ${withinMs / 1000} s: ${what}`);
    await pause(everyMs);
  }
}
