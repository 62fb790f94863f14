import type { Window } from './load-share.ts';
import { PHASE } from './recording.ts';

/** Decides when requests are sent. It is told when one ends, and says when no more will come. */
export interface Source {
  start(): void;
  /** A request has ended. */
  freed(): void;
  stop(): void;
  readonly exhausted: boolean;
}

export interface SourceOrder {
  send(index: number, phase: number, intended: number): void;
  inFlight(): number;
  /** Look again whether it is exhausted. */
  onExhausted(): void;
}

/** In which phase a request is due: by its place in the line, or by its time. */
export function phaseOf(window: Window, index: number, intended: number): number {
  if (window.by === 'count') return index < window.warmup ? PHASE.warmup : PHASE.measured;
  return phaseAt(window, intended, window.warmupMs);
}

/** @param beginMs when the measured window begins */
export function phaseAt(
  { measureMs }: Extract<Window, { by: 'time' }>,
  intended: number,
  beginMs: number,
): number {
  if (intended < beginMs) return PHASE.warmup;
  return intended < beginMs + measureMs ? PHASE.measured : PHASE.cooldown;
}
