/** Milliseconds since a moment that all threads of this process share. */
export type Clock = () => number;

/** The machine's monotonic clock in milliseconds: the same number in every thread, unlike `performance.now()`. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** A clock that starts at `zeroMs` of the monotonic one. `performance.now()` reads faster, so only its offset is taken. */
export function clockFrom(zeroMs: number): Clock {
  const offset = monotonicMs() - performance.now() - zeroMs;
  return () => performance.now() + offset;
}
