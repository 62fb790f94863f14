import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

/** How one thread of the generator was doing while it measured. */
export interface SelfReport {
  /** How late its event loop ran, in ms. */
  loopDelayMs: { p50: number; p99: number; max: number };
  /** Share of the time in which its event loop was busy; 1 is all of it. */
  busyShare: number;
  gc: { count: number; totalMs: number; maxMs: number };
}

const RESOLUTION_MS = 1;

/** Watches this thread from now on; the returned function ends that and tells how it was doing. */
export function watchSelf(): () => SelfReport {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const gc = { count: 0, totalMs: 0, maxMs: 0 };
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      gc.count += 1;
      gc.totalMs += duration;
      gc.maxMs = Math.max(gc.maxMs, duration);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const before = performance.eventLoopUtilization();
  delay.enable();
  return () => {
    delay.disable();
    observer.disconnect();
    // The histogram holds the time between two ticks of its timer, so an idle loop reads as one resolution.
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const seen = delay.count > 0;
    return {
      loopDelayMs: {
        p50: seen ? late(delay.percentile(50)) : 0,
        p99: seen ? late(delay.percentile(99)) : 0,
        max: seen ? late(delay.max) : 0,
      },
      busyShare: performance.eventLoopUtilization(before).utilization,
      gc,
    };
  };
}
