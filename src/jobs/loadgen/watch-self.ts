import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Point } from '../../shared/result/result.ts';

const RESOLUTION_MS = 1;

/** Watches the generator itself from now on; the returned function ends that and tells how it was doing. */
export function watchSelf(): () => Point['self'] {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  delay.enable();
  return () => {
    delay.disable();
    const cpu = process.cpuUsage(startCpu);
    const passedUs = (performance.now() - startMs) * 1000;
    // The histogram holds the time between two ticks of its timer, so an idle loop reads as one resolution.
    const p99Ms = delay.count === 0 ? 0 : delay.percentile(99) / 1e6 - RESOLUTION_MS;
    return {
      loopDelayP99Ms: Math.max(0, p99Ms),
      cpuShare: passedUs > 0 ? (cpu.user + cpu.system) / passedUs : 0,
    };
  };
}
