import { describe, expect, test } from 'vitest';
import { judgePoint } from '../../src/jobs/loadgen/analyse/judge-point.ts';
import { gatherRows } from '../../src/jobs/loadgen/analyse/rows.ts';
import { summarisePoint } from '../../src/jobs/loadgen/analyse/summarise-point.ts';
import { COLUMN, type Field, OUTCOME, PHASE, Recording } from '../../src/jobs/loadgen/engine/recording.ts';
import { type Load, loadSchema } from '../../src/jobs/loadgen/load.ts';
import { pointSchema } from '../../src/shared/result/point.ts';

type Row = Partial<Record<Field, number>> & { kind?: string };

/** 11 tokens in 11 chunks, the first after 10 ms, the last at the end. */
function good(sent: number, end: number, { ttft = 10, ...fields }: Row & { ttft?: number } = {}): Row {
  return {
    phase: PHASE.measured,
    intended: sent,
    sent,
    firstText: sent + ttft,
    lastText: end,
    end,
    outcome: OUTCOME.ok,
    chunks: 11,
    inputTokens: 5,
    outputTokens: 11,
    serverLoad: 1,
    ...fields,
  };
}
const bad = (sent: number, end: number): Row => ({
  phase: PHASE.measured,
  intended: sent,
  sent,
  end,
  outcome: OUTCOME.error,
  kind: 'http-503',
});

const twoAtATime = loadSchema.parse({ is: 'closed', concurrency: 2, requests: 2 });

function point(
  rows: Row[],
  given: { complete?: boolean; loopDelay?: number; busy?: number; load?: Load } = {},
) {
  const { complete = true, loopDelay = 0, busy = 0, load = twoAtATime } = given;
  const recording = new Recording();
  for (const { kind, ...fields } of rows) {
    const at = recording.add();
    for (const [field, value] of Object.entries(fields)) recording.cells[at + COLUMN[field as Field]] = value;
    if (kind !== undefined) recording.say({ kind, message: 'busy' });
  }
  const all = gatherRows([recording.take()]);
  const self = {
    loopDelayMs: { p50: 0, p99: loopDelay, max: loopDelay },
    busyShare: busy,
    gc: { count: 0, totalMs: 0, maxMs: 0 },
  };
  const end = { threads: [self], cpuShare: busy, complete, gaveUp: undefined };
  const window = { by: 'count', warmup: 0, requests: 2 } as const;
  const numbers = summarisePoint(all, window, end, undefined);
  const judged = { concurrency: 2, startedAt: new Date(0).toISOString(), ...numbers };
  const validity = judgePoint(judged, all, { load, streams: true, uniquePrompts: true, complete });
  return pointSchema.parse({ ...judged, validity });
}

describe('a point', () => {
  test('window, rates and Little’s law, exactly', () => {
    const records = [
      good(0, 400, { phase: PHASE.warmup, outputTokens: 1000, ttft: 399 }),
      good(500, 1500),
      good(900, 1900, { outputTokens: 21, ttft: 30 }),
      good(1500, 2500, { ttft: 20 }),
    ];
    expect(point(records)).toMatchObject({
      warmup: { requests: 1, errors: 0 },
      requests: 3,
      errors: 0,
      durationS: 2, // 500 … 2500
      outputTokens: 43,
      outputTokensPerS: 21.5,
      requestsPerS: 1.5,
      meanConcurrency: 1.5, // 3 s of requests in 2 s
      inputTokens: 15,
      ttftMs: { p50: 20, p90: 30, p99: 30 },
      e2eMs: { p50: 1000, p90: 1000, p99: 1000 },
    });
  });

  test('errors count in the window and nowhere in the latencies', () => {
    const result = point([good(0, 1000), bad(0, 4000)]);
    expect(result).toMatchObject({
      requests: 2,
      errors: 1,
      errorKinds: { 'http-503': 1 },
      durationS: 4,
      requestsPerS: 0.25,
      e2eMs: { p50: 1000, p99: 1000 },
    });
    expect(result.validity).toContain('ERRORS');
  });

  test('requests we stopped ourselves count nowhere', () => {
    const aborted: Row = { phase: PHASE.measured, intended: 0, sent: 0, end: 9000, outcome: OUTCOME.aborted };
    const result = point([good(0, 1000), aborted], { complete: false });
    expect(result).toMatchObject({ requests: 1, errors: 0, durationS: 1 });
    expect(result.validity).toContain('INCOMPLETE');
  });

  test('one unknown prompt count makes the sum unknown', () => {
    expect(point([good(0, 1), good(0, 1, { inputTokens: Number.NaN })]).inputTokens).toBeNull();
  });

  test('with nothing good has no latency, and rates of 0', () => {
    const nothing = expect.objectContaining({ p50: null, p90: null, p99: null });
    expect(point([bad(0, 10)])).toMatchObject({ ttftMs: nothing, tpotMs: nothing, outputTokensPerS: 0 });
    expect(point([])).toMatchObject({ durationS: 0, requests: 0, requestsPerS: 0, e2eMs: nothing });
  });
});

describe('validity', () => {
  /** 200 requests, always two at a time, over 100 s. */
  const steady = Array.from({ length: 200 }, (_, i) => good(500 * i, 500 * i + 1000));
  const change = (fields: Row) => steady.map((record) => ({ ...record, ...fields }));

  test('says nothing about a sound point', () => {
    expect(point(steady).validity).toEqual([]);
  });

  test.each([
    { code: 'CLIENT_LAG', result: point(steady, { loopDelay: 11 }) },
    { code: 'CLIENT_CPU', result: point(steady, { busy: 0.9 }) },
    { code: 'CONCURRENCY_OFF', result: point(steady.map((_, i) => good(1000 * i, 1000 * i + 1000))) },
    {
      code: 'LOW_SAMPLES',
      result: point(Array.from({ length: 99 }, (_, i) => good(1000 * i, 1000 * i + 2000))),
    },
    { code: 'SHORT_WINDOW', result: point(steady.map((_, i) => good(100 * i, 100 * i + 200))) },
    { code: 'TOKEN_MISMATCH', result: point(change({ chunks: 13 })) },
    { code: 'TOKEN_MISMATCH', result: point(change({ chunks: 5 })) },
    { code: 'STREAM_BUFFERED', result: point(steady.map((row) => ({ ...row, firstText: row.end ?? 0 }))) },
    { code: 'MODEL_LOAD', result: point([...steady.slice(1), good(0, 1000, { serverLoad: 1500 })]) },
  ])('$code', ({ code, result }) => {
    expect(result.validity).toEqual([code]);
  });

  test('one-token answers are not a held-back stream', () => {
    expect(
      point(steady.map((row) => ({ ...row, firstText: row.end ?? 0, outputTokens: 1, chunks: 1 }))).validity,
    ).toEqual([]);
  });
});
