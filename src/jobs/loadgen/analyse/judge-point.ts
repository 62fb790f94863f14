import type { Point } from '../../../shared/result/point.ts';
import { ValidityCode } from '../../../shared/result/validity.ts';
import { OUTCOME, PHASE } from '../engine/recording.ts';
import type { Load } from '../load.ts';
import { cell, pick, type Rows } from './rows.ts';

export interface Circumstances {
  load: Load;
  /** The server was to send text, token by token. */
  streams: boolean;
  uniquePrompts: boolean;
  /** Everything that was due ended by itself. */
  complete: boolean;
}

type Judged = Omit<Point, 'validity'>;

/** Everything a reader must know before believing this point. What each code means stands at `ValidityCode`. */
export function judgePoint(point: Judged, rows: Rows, given: Circumstances): ValidityCode[] {
  const { load, streams } = given;
  const good = pick(
    rows,
    (row) => cell(rows, row, 'phase') === PHASE.measured && cell(rows, row, 'outcome') === OUTCOME.ok,
  );
  const all = (field: 'chunks' | 'outputTokens') =>
    good.reduce((sum, row) => sum + (cell(rows, row, field) || 0), 0);
  const chunksPerToken = all('chunks') / all('outputTokens');
  const inOnePiece = good.filter(
    (row) =>
      cell(rows, row, 'outputTokens') > 1 && cell(rows, row, 'firstText') === cell(rows, row, 'lastText'),
  );
  const findings: Record<ValidityCode, boolean> = {
    CLIENT_LAG: point.self.loopDelayP99Ms > 10,
    CLIENT_CPU: (point.self.busyShare ?? point.self.cpuShare) > 0.85,
    SCHEDULE_LAG: isLate(point, load),
    RATE_MISSED: missesRate(point, load),
    CONCURRENCY_OFF:
      load.is === 'closed' && load.thinkS === 0 && off(point.meanConcurrency, load.concurrency) > 0.1,
    LITTLE: load.is === 'open' && (point.littleError ?? 0) > 0.1,
    OVERSATURATED: load.is === 'open' && isGrowing(point, load),
    LOW_SAMPLES: good.length < 100,
    SHORT_WINDOW: point.durationS < 30,
    ERRORS: point.errors > 0,
    DROPPED: (point.dropped ?? 0) > 0,
    TOKEN_MISMATCH: streams && good.length > 0 && !(chunksPerToken >= 0.5 && chunksPerToken <= 1.1),
    STREAM_BUFFERED: streams && inOnePiece.length > 0.05 * good.length,
    MODEL_LOAD: good.some((row) => cell(rows, row, 'serverLoad') > 1000),
    SAME_PROMPT: streams && !given.uniquePrompts,
    CACHE_HIT:
      given.uniquePrompts &&
      (point.cachedTokens ?? 0) > 0.05 * (point.inputTokens ?? Number.POSITIVE_INFINITY),
    INCOMPLETE: !given.complete,
    CLIENT_ON_SERVER_NODE: false,
  };
  return Object.values(ValidityCode).filter((code) => findings[code]);
}

const off = (is: number, should: number): number => Math.abs(is / should - 1);

/** Late by more than 5 ms, or by a tenth of what is measured, whichever is more. */
function isLate(point: Judged, load: Load): boolean {
  if (load.is !== 'open' || load.cap) return false;
  const typical = point.ttftMs.p50 ?? point.e2eMs.p50 ?? 0;
  return (point.self.scheduleLagMs?.p99 ?? 0) > Math.max(5, typical / 10);
}

function missesRate(point: Judged, load: Load): boolean {
  if (load.is !== 'open' || point.load?.is !== 'open' || point.load.offeredPerS === null) return false;
  const sent = point.requests + (point.incomplete ?? 0);
  return sent / point.durationS < 0.98 * point.load.offeredPerS;
}

/** More were in flight at the end than in the middle, and far more than at the start: the queue only grows. */
function isGrowing(point: Judged, load: Load): boolean {
  if (load.is !== 'open' || load.load.open !== 'rate' || load.load.profile.shape !== 'constant') return false;
  const { inFlight = [], stepS = 1 } = point.series ?? {};
  const from = Math.ceil(load.warmupS / stepS);
  const window = inFlight.slice(from, from + Math.floor(point.durationS / stepS));
  if (window.length < 6) return false;
  const third = Math.floor(window.length / 3);
  const mean = (part: number[]) => part.reduce((sum, value) => sum + value, 0) / part.length;
  const [first, middle, last] = [
    window.slice(0, third),
    window.slice(third, -third),
    window.slice(-third),
  ].map(mean);
  return (
    (last ?? 0) > 1.3 * (middle ?? 0) && (last ?? 0) > 2 * (first ?? 0) && (last ?? 0) - (first ?? 0) > 5
  );
}
