import type { RequestRecord } from '../../shared/result/request-record.ts';
import type { Exchange } from './exchange.ts';

/** Where in the benchmark a request belongs. */
export type Place = Pick<RequestRecord, 'point' | 'concurrency' | 'index' | 'phase'>;

/** Turns what was seen on the wire into the record that is kept. `zeroMs` is the clock at the result's `startedAt`. */
export function recordExchange(place: Place, exchange: Exchange, zeroMs: number): RequestRecord {
  const { startMs, endMs, firstTextMs, lastTextMs, chunks, usage, failure } = exchange;
  const sent = {
    v: 1 as const,
    ...place,
    startMs: roundToMicroseconds(startMs - zeroMs),
    endMs: roundToMicroseconds(endMs - zeroMs),
    chunks,
  };
  if (failure?.kind === 'aborted') return { ...sent, outcome: 'aborted' };
  if (failure) return { ...sent, outcome: 'error', kind: failure.kind, message: failure.message };
  if (!usage?.outputTokens || firstTextMs === null || lastTextMs === null) {
    throw new Error('an exchange without a failure has text and tokens');
  }
  const tpotMs = timePerOutputToken(firstTextMs, lastTextMs, usage.outputTokens);
  return {
    ...sent,
    outcome: 'ok',
    ttftMs: roundToMicroseconds(firstTextMs - startMs),
    tpotMs: tpotMs === null ? null : roundToMicroseconds(tpotMs),
    e2eMs: roundToMicroseconds(lastTextMs - startMs),
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    doneReason: usage.doneReason,
    server: usage.server,
  };
}

/**
 * Mean time between output tokens: the first one is TTFT's, so n tokens have n − 1 gaps. null when there is no
 * gap to measure: a single token, or all text in one piece, which would read as infinitely fast.
 */
export function timePerOutputToken(firstTextMs: number, lastTextMs: number, tokens: number): number | null {
  if (tokens < 2 || lastTextMs <= firstTextMs) return null;
  return (lastTextMs - firstTextMs) / (tokens - 1);
}

/** The clock is no better than that, and the lines stay short. */
function roundToMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
