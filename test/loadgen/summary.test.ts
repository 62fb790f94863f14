import { describe, expect, test } from 'vitest';
import { loadgenConfigSchema } from '../../src/jobs/loadgen/config.ts';
import { judgePoint } from '../../src/jobs/loadgen/judge-point.ts';
import type { PointRun } from '../../src/jobs/loadgen/run-point.ts';
import { summarisePoint } from '../../src/jobs/loadgen/summarise-point.ts';
import type { RequestRecord, SuccessfulRequest } from '../../src/shared/result/request-record.ts';
import { pointSchema } from '../../src/shared/result/result.ts';

const config = loadgenConfigSchema.parse({
  v: 1,
  protocol: 'ollama-generate',
  model: 'm',
  maxTokens: 8,
  concurrency: [2],
  requests: 2,
});
const place = { v: 1, point: 1, concurrency: 2, index: 0, phase: 'measured', chunks: 11 } as const;

function good(startMs: number, endMs: number, fields: Partial<SuccessfulRequest> = {}): SuccessfulRequest {
  return {
    ...place,
    outcome: 'ok',
    startMs,
    endMs,
    ttftMs: 10,
    tpotMs: 2,
    e2eMs: endMs - startMs,
    inputTokens: 5,
    outputTokens: 11,
    doneReason: 'length',
    server: { totalMs: 1, loadMs: 1, promptEvalMs: 1, evalMs: 1 },
    ...fields,
  };
}
const bad = (startMs: number, endMs: number): RequestRecord => ({
  ...place,
  outcome: 'error',
  kind: 'http-503',
  message: 'busy',
  startMs,
  endMs,
});

function point(records: RequestRecord[], run: Partial<PointRun> = {}) {
  const whole: PointRun = {
    startedAt: new Date(0).toISOString(),
    records,
    self: { loopDelayP99Ms: 0, cpuShare: 0 },
    complete: true,
    gaveUp: undefined,
    ...run,
  };
  const summary = summarisePoint(2, whole);
  return pointSchema.parse({ ...summary, validity: judgePoint(summary, whole, config) });
}

describe('a point', () => {
  test('window, rates and Little’s law, exactly', () => {
    const records = [
      good(0, 900, { phase: 'warmup', outputTokens: 1000, ttftMs: 899 }),
      good(500, 1500),
      good(900, 1900, { outputTokens: 21, ttftMs: 30 }),
      good(1500, 2500, { ttftMs: 20 }),
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
    const aborted: RequestRecord = { ...place, outcome: 'aborted', startMs: 0, endMs: 9000 };
    const result = point([good(0, 1000), aborted], { complete: false });
    expect(result).toMatchObject({ requests: 1, errors: 0, durationS: 1 });
    expect(result.validity).toContain('INCOMPLETE');
  });

  test('one unknown prompt count makes the sum unknown', () => {
    expect(point([good(0, 1), good(0, 1, { inputTokens: null })]).inputTokens).toBeNull();
  });

  test('with nothing good has no latency, and rates of 0', () => {
    const nothing = { p50: null, p90: null, p99: null };
    expect(point([bad(0, 10)])).toMatchObject({ ttftMs: nothing, tpotMs: nothing, outputTokensPerS: 0 });
    expect(point([])).toMatchObject({ durationS: 0, requests: 0, requestsPerS: 0, e2eMs: nothing });
  });
});

describe('validity', () => {
  /** 200 requests, always two at a time, over 100 s. */
  const steady = Array.from({ length: 200 }, (_, i) => good(500 * i, 500 * i + 1000));
  const change = (fields: Partial<SuccessfulRequest>) => steady.map((record) => ({ ...record, ...fields }));

  test('says nothing about a sound point', () => {
    expect(point(steady).validity).toEqual([]);
  });

  test.each([
    { code: 'CLIENT_LAG', result: point(steady, { self: { loopDelayP99Ms: 11, cpuShare: 0 } }) },
    { code: 'CLIENT_CPU', result: point(steady, { self: { loopDelayP99Ms: 0, cpuShare: 0.9 } }) },
    { code: 'CONCURRENCY_OFF', result: point(steady.map((one, i) => good(1000 * i, one.e2eMs + 1000 * i))) },
    {
      code: 'LOW_SAMPLES',
      result: point(Array.from({ length: 99 }, (_, i) => good(1000 * i, 1000 * i + 2000))),
    },
    { code: 'SHORT_WINDOW', result: point(steady.map((_, i) => good(100 * i, 100 * i + 200))) },
    { code: 'TOKEN_MISMATCH', result: point(change({ chunks: 13 })) },
    { code: 'TOKEN_MISMATCH', result: point(change({ chunks: 5 })) },
    { code: 'STREAM_BUFFERED', result: point(change({ tpotMs: null })) },
    { code: 'MODEL_LOAD', result: point([...steady.slice(1), good(0, 1000, { server: slowLoad() })]) },
  ])('$code', ({ code, result }) => {
    expect(result.validity).toEqual([code]);
  });

  test('one-token answers are not a held-back stream', () => {
    expect(point(change({ tpotMs: null, outputTokens: 1, chunks: 1 })).validity).toEqual([]);
  });
});

function slowLoad() {
  return { totalMs: 2000, loadMs: 1500, promptEvalMs: 1, evalMs: 1 };
}
