import type { Clock } from './clock.ts';
import type { LoadShare } from './load-share.ts';
import { COLUMN, OUTCOME, type Recording } from './recording.ts';
import { phaseOf, type Source, type SourceOrder } from './source.ts';

/** Each request when it is due, whatever became of the others. */
export function openLoad(
  { times, indices, window, cap }: Extract<LoadShare, { is: 'open' }>,
  clock: Clock,
  recording: Recording,
  order: SourceOrder,
): Source {
  let at = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const waiting: number[] = [];
  let firstWaiting = 0;

  const isWaiting = () => firstWaiting < waiting.length;
  const isFull = () => cap !== undefined && order.inFlight() >= cap.inFlight;

  function pump(): void {
    while (at < times.length && !stopped && timeOf(at) <= clock()) due(at++);
    if (at < times.length && !stopped) {
      clearTimeout(timer);
      // Absolute: a request that was sent late never delays the next one.
      timer = setTimeout(pump, Math.max(0, timeOf(at) - clock()));
    } else order.onExhausted();
  }
  const timeOf = (k: number): number => times[k] ?? 0;

  function due(k: number): void {
    if (!isFull()) launch(k);
    else if (cap?.policy === 'drop') drop(k);
    else waiting.push(k);
  }
  function launch(k: number): void {
    const index = indices[k] ?? 0;
    order.send(index, phaseOf(window, index, timeOf(k)), timeOf(k));
  }
  /** Never sent, and never forgotten. */
  function drop(k: number): void {
    const row = recording.add();
    recording.cells[row + COLUMN.index] = indices[k] ?? 0;
    recording.cells[row + COLUMN.phase] = phaseOf(window, k, timeOf(k));
    recording.cells[row + COLUMN.intended] = timeOf(k);
    recording.cells[row + COLUMN.outcome] = OUTCOME.dropped;
  }

  return {
    start: pump,
    freed() {
      if (isWaiting() && !stopped && !isFull()) launch(waiting[firstWaiting++] ?? 0);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      order.onExhausted();
    },
    get exhausted() {
      return stopped || (at >= times.length && !isWaiting());
    },
  };
}
