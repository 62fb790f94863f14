import type { Point } from '../../../shared/result/point.ts';
import type { PointEnd } from '../engine/drive-point.ts';
import type { Window } from '../engine/load-share.ts';
import { OUTCOME, PHASE } from '../engine/recording.ts';
import { areaInFlight, mostInFlight, type Span } from './concurrency.ts';
import { distribution } from './distribution.ts';
import { cell, pick, type Rows, values } from './rows.ts';
import { timeSeries } from './series.ts';

/** Goals of one request, in ms; it is good when it meets all that are given. */
export interface Goals {
  ttftMs?: number | undefined;
  tpotMs?: number | undefined;
  e2eMs?: number | undefined;
}

export type Numbers = Omit<Point, 'name' | 'repeat' | 'load' | 'concurrency' | 'startedAt' | 'validity'>;

/** A point's numbers, all but the verdict. The definitions stand at the fields of `pointSchema`. */
export function summarisePoint(rows: Rows, window: Window, end: PointEnd, goals: Goals | undefined): Numbers {
  const of = (row: number, field: Parameters<typeof cell>[2]) => cell(rows, row, field);
  const isMeasured = (row: number) => of(row, 'phase') === PHASE.measured;
  const ended = pick(rows, (row) => isMeasured(row) && of(row, 'outcome') <= OUTCOME.error);
  const good = ended.filter((row) => of(row, 'outcome') === OUTCOME.ok);
  const sent = pick(rows, (row) => !Number.isNaN(of(row, 'sent')));
  const warmup = pick(
    rows,
    (row) => of(row, 'phase') === PHASE.warmup && of(row, 'outcome') <= OUTCOME.error,
  );
  const span = spanOf(rows, window, ended);
  const durationS = (span.toMs - span.fromMs) / 1000;
  const perSecond = (amount: number) => (durationS > 0 ? amount / durationS : 0);
  // A window of time counts what ended in it, whatever its phase: in a steady state as many run in as run out.
  const byTime = window.by === 'time';
  const done = byTime
    ? sent.filter((row) => of(row, 'outcome') <= OUTCOME.error && inside(of(row, 'end'), span))
    : ended;
  const doneWell = done.filter((row) => of(row, 'outcome') === OUTCOME.ok);

  const last = (row: number) => of(row, 'lastText');
  const tpot = (row: number) => timePerOutputToken(of(row, 'firstText'), last(row), of(row, 'outputTokens'));
  const since = (from: 'intended' | 'sent', value: (row: number) => number) =>
    distribution(values(good, (row) => value(row) - of(row, from)));
  const first = (row: number) => of(row, 'firstText');
  const meets = (row: number) =>
    within(first(row) - of(row, 'intended'), goals?.ttftMs) &&
    within(last(row) - of(row, 'intended'), goals?.e2eMs) &&
    (Number.isNaN(tpot(row)) || within(tpot(row), goals?.tpotMs));

  const inputs = values(good, (row) => of(row, 'inputTokens'));
  const outputTokens = sum(values(good, (row) => of(row, 'outputTokens')));
  const cached = values(good, (row) => of(row, 'cachedTokens'));
  const area = areaInFlight(rows, sent, span);
  const meanInFlight = perSecond(area / 1000);
  const meanTime = mean(values(done, (row) => of(row, 'end') - of(row, 'sent')));
  const little = perSecond(done.length) * (meanTime / 1000);
  return {
    warmup: {
      requests: warmup.length,
      errors: warmup.filter((row) => of(row, 'outcome') === OUTCOME.error).length,
    },
    requests: ended.length,
    errors: ended.length - good.length,
    dropped: pick(rows, (row) => isMeasured(row) && of(row, 'outcome') === OUTCOME.dropped).length,
    incomplete: pick(rows, (row) => isMeasured(row) && of(row, 'outcome') === OUTCOME.incomplete).length,
    errorKinds: countKinds(rows, ended),
    durationS,
    ttftMs: since('intended', first),
    tpotMs: distribution(values(good, tpot)),
    itlMs: distribution(rows.gaps.slice()),
    e2eMs: since('intended', last),
    service: { ttftMs: since('sent', first), e2eMs: since('sent', last) },
    inputTokens: inputs.length === good.length ? sum(inputs) : null,
    outputTokens,
    ...(cached.length > 0 ? { cachedTokens: sum(cached) } : {}),
    outputTokensPerS: perSecond(byTime ? tokensInside(rows, sent, span) : outputTokens),
    requestsPerS: perSecond(doneWell.length),
    ...(goals ? { goodputPerS: perSecond(doneWell.filter(meets).length) } : {}),
    meanConcurrency: meanInFlight,
    maxConcurrency: mostInFlight(rows, sent, span),
    littleError: meanInFlight > 0 ? Math.abs(little - meanInFlight) / meanInFlight : 0,
    self: selfOf(rows, ended, end),
    series: timeSeries(rows),
  };
}

/**
 * Mean time between output tokens: the first one is TTFT's, so n tokens have n − 1 gaps. NaN when there is no gap to
 * measure: a single token, or all text in one piece, which would read as infinitely fast.
 */
export function timePerOutputToken(firstMs: number, lastMs: number, tokens: number): number {
  return tokens >= 2 && lastMs > firstMs ? (lastMs - firstMs) / (tokens - 1) : Number.NaN;
}

function spanOf(rows: Rows, window: Window, ended: readonly number[]): Span {
  if (window.by === 'time' && !window.warmupRequests)
    return { fromMs: window.warmupMs, toMs: window.warmupMs + window.measureMs };
  if (ended.length === 0) return { fromMs: 0, toMs: 0 };
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const row of ended) {
    fromMs = Math.min(fromMs, cell(rows, row, 'sent'));
    toMs = Math.max(toMs, cell(rows, row, 'end'));
  }
  return { fromMs, toMs: window.by === 'time' ? fromMs + window.measureMs : toMs };
}

/** Tokens of good answers that came inside the span; evenly spread between an answer's first and last chunk. */
function tokensInside(rows: Rows, which: readonly number[], span: Span): number {
  let tokens = 0;
  for (const row of which) {
    const count = cell(rows, row, 'outputTokens');
    if (cell(rows, row, 'outcome') !== OUTCOME.ok || !(count > 0)) continue;
    const first = cell(rows, row, 'firstText');
    const last = cell(rows, row, 'lastText');
    if (!(last > first)) tokens += inside(last, span) ? count : 0;
    else
      tokens +=
        (count * Math.max(0, Math.min(last, span.toMs) - Math.max(first, span.fromMs))) / (last - first);
  }
  return tokens;
}

function selfOf(rows: Rows, ended: readonly number[], end: PointEnd): Point['self'] {
  const most = (value: (thread: PointEnd['threads'][number]) => number) =>
    Math.max(0, ...end.threads.map(value));
  return {
    loopDelayP99Ms: most((thread) => thread.loopDelayMs.p99),
    loopDelayMaxMs: most((thread) => thread.loopDelayMs.max),
    cpuShare: end.cpuShare,
    busyShare: most((thread) => thread.busyShare),
    gcMaxMs: most((thread) => thread.gc.maxMs),
    scheduleLagMs: distribution(
      values(ended, (row) => cell(rows, row, 'sent') - cell(rows, row, 'intended')),
    ),
    threads: Math.max(1, end.threads.length),
  };
}

function countKinds(rows: Rows, ended: readonly number[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const row of ended) {
    const kind = rows.words.get(row)?.kind;
    if (kind !== undefined) kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

const inside = (ms: number, { fromMs, toMs }: Span): boolean => ms >= fromMs && ms <= toMs;
const within = (value: number, goal: number | undefined): boolean => goal === undefined || value <= goal;
const sum = (all: Float64Array): number => all.reduce((total, value) => total + value, 0);
const mean = (all: Float64Array): number => (all.length === 0 ? 0 : sum(all) / all.length);
