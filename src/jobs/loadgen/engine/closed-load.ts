import type { Clock } from './clock.ts';
import type { Line } from './line.ts';
import type { LoadShare, Window } from './load-share.ts';
import { PHASE } from './recording.ts';
import { phaseAt, phaseOf, type Source, type SourceOrder } from './source.ts';

/**
 * So many lanes, each sending its next request when the last one ended (and it has thought about it). A slow server
 * is asked less often: what such a load measures is the time of a request once it is sent.
 * @param line shared by all threads
 */
export function closedLoad(
  { lanes, thinkMs, window }: Extract<LoadShare, { is: 'closed' }>,
  clock: Clock,
  line: Line,
  order: SourceOrder,
): Source {
  const most = window.by === 'count' ? window.warmup + window.requests : Number.POSITIVE_INFINITY;
  const thinking = new Set<NodeJS.Timeout>();
  let exhausted = lanes === 0;
  let ending: NodeJS.Timeout | undefined;

  function next(): void {
    if (exhausted) return;
    const now = clock();
    const endMs = endOf(window, line.beganMs);
    const index = now < endMs ? line.nextIndex() : most;
    if (now >= endMs || index >= most) stop();
    else order.send(index, phase(index, now), now);
  }
  function phase(index: number, now: number): number {
    if (window.by === 'count') return phaseOf(window, index, now);
    if (index < (window.warmupRequests ?? 0)) return PHASE.warmup;
    if (window.warmupMs > 0) return phaseOf(window, index, now);
    const beganMs = line.begin(now);
    // Also when every lane waits for an answer: the wait for the last ones is counted from there.
    ending ??= setTimeout(stop, Math.max(0, endOf(window, beganMs) - now));
    // Another thread may have begun between our look at the clock and now.
    return phaseAt(window, Math.max(now, beganMs), beganMs);
  }
  function think(): void {
    const timer = setTimeout(() => {
      thinking.delete(timer);
      next();
    }, thinkMs);
    thinking.add(timer);
  }
  function stop(): void {
    exhausted = true;
    clearTimeout(ending);
    for (const timer of thinking) clearTimeout(timer);
    thinking.clear();
    order.onExhausted();
  }

  return {
    start() {
      const endMs = endOf(window, undefined);
      if (endMs < Number.POSITIVE_INFINITY) ending = setTimeout(stop, Math.max(0, endMs - clock()));
      for (let k = 0; k < lanes; k++) next();
      if (lanes === 0) order.onExhausted();
    },
    freed: () => (thinkMs > 0 ? think() : next()),
    stop,
    get exhausted() {
      return exhausted;
    },
  };
}

/** When no more requests are sent; unknown while the warm-up goes on until so many were sent. */
function endOf(window: Window, beganMs: number | undefined): number {
  if (window.by === 'count') return Number.POSITIVE_INFINITY;
  const { warmupMs, measureMs, cooldownMs } = window;
  const begin = warmupMs > 0 ? warmupMs : (beganMs ?? Number.POSITIVE_INFINITY);
  return begin + measureMs + cooldownMs;
}
