import type { Clock } from './clock.ts';
import type { LoadShare } from './load-share.ts';
import { phaseOf, type Source, type SourceOrder } from './source.ts';

/**
 * So many lanes, each sending its next request when the last one ended (and it has thought about it). A slow server
 * is asked less often: what such a load measures is the time of a request once it is sent.
 * @param nextIndex the number of the next request, over all threads
 */
export function closedLoad(
  { lanes, thinkMs, window }: Extract<LoadShare, { is: 'closed' }>,
  clock: Clock,
  nextIndex: () => number,
  order: SourceOrder,
): Source {
  const endMs =
    window.by === 'time' ? window.warmupMs + window.measureMs + window.cooldownMs : Number.POSITIVE_INFINITY;
  const most = window.by === 'count' ? window.warmup + window.requests : Number.POSITIVE_INFINITY;
  const thinking = new Set<NodeJS.Timeout>();
  let exhausted = lanes === 0;
  let ending: NodeJS.Timeout | undefined;

  function next(): void {
    if (exhausted) return;
    const now = clock();
    const index = now < endMs ? nextIndex() : most;
    if (now >= endMs || index >= most) stop();
    else order.send(index, phaseOf(window, index, now), now);
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
      // Also when every lane waits for an answer: the wait for the last ones is counted from here.
      if (endMs < Number.POSITIVE_INFINITY) ending = setTimeout(stop, endMs - clock());
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
