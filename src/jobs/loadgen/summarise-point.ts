import type { RequestRecord, SuccessfulRequest } from '../../shared/result/request-record.ts';
import type { Point } from '../../shared/result/result.ts';
import { percentiles } from './percentiles.ts';
import type { PointRun } from './run-point.ts';

/** A point's numbers, all but the verdict. The definitions stand at the fields of `pointSchema`. */
export function summarisePoint(concurrency: number, run: PointRun): Omit<Point, 'validity'> {
  const warmup = run.records.filter((record) => record.phase === 'warmup');
  const ended = run.records.filter((record) => record.phase === 'measured' && record.outcome !== 'aborted');
  const good = ended.filter((record) => record.outcome === 'ok');
  const durationS = windowSeconds(ended);
  const perSecond = (amount: number) => (durationS > 0 ? amount / durationS : 0);
  const outputTokens = sum(good.map((record) => record.outputTokens));
  return {
    concurrency,
    startedAt: run.startedAt,
    warmup: {
      requests: warmup.length,
      errors: warmup.filter((record) => record.outcome === 'error').length,
    },
    requests: ended.length,
    errors: ended.length - good.length,
    errorKinds: countKinds(ended),
    durationS,
    ttftMs: percentiles(good.map((record) => record.ttftMs)),
    tpotMs: percentiles(good.flatMap((record) => record.tpotMs ?? [])),
    e2eMs: percentiles(good.map((record) => record.e2eMs)),
    inputTokens: sumIfAllKnown(good),
    outputTokens,
    outputTokensPerS: perSecond(outputTokens),
    requestsPerS: perSecond(good.length),
    // X·W = (n / D) · (Σw / n): the n cancel out.
    meanConcurrency: perSecond(sum(ended.map((record) => record.endMs - record.startMs)) / 1000),
    self: run.self,
  };
}

function windowSeconds(ended: readonly RequestRecord[]): number {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { startMs, endMs } of ended) {
    first = Math.min(first, startMs);
    last = Math.max(last, endMs);
  }
  return ended.length === 0 ? 0 : (last - first) / 1000;
}

function countKinds(records: readonly RequestRecord[]): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const record of records) {
    if (record.outcome === 'error') kinds[record.kind] = (kinds[record.kind] ?? 0) + 1;
  }
  return kinds;
}

function sumIfAllKnown(good: readonly SuccessfulRequest[]): number | null {
  const known = good.flatMap((record) => record.inputTokens ?? []);
  return known.length === good.length ? sum(known) : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
