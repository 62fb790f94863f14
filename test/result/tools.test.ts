import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ToolOutput } from '../../src/shared/plan/plan.ts';
import { toolResultSchema } from '../../src/shared/result/tool-result.ts';
import { readJsonLines } from '../../src/shared/result/tools/json-lines.ts';
import { readPgbench } from '../../src/shared/result/tools/pgbench.ts';
import { readToolResult } from '../../src/shared/result/tools/read-tool-result.ts';
import { readRedisBenchmark } from '../../src/shared/result/tools/redis-benchmark.ts';
import type { ReadTool } from '../../src/shared/result/tools/tool-text.ts';
import { readWrk } from '../../src/shared/result/tools/wrk.ts';

// What the real programs printed, as they printed it.
const folder = new URL('./golden/', import.meta.url);
const golden = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const numbers = (read: ReadTool, name: string) =>
  Object.fromEntries(read(golden(name)).metrics.map((metric) => [metric.name, metric.value]));

test('redis-benchmark: every number of every test', () => {
  const { metrics, coordinatedOmissionFree, ignoredLines } = readRedisBenchmark(
    golden('redis-benchmark-7.0.15.csv'),
  );
  expect(metrics.slice(0, 3)).toEqual([
    { name: 'SET rps', unit: 'requests/s', value: 83333.34, better: 'higher' },
    { name: 'SET avg_latency', unit: 'ms', value: 0.072, better: 'lower' },
    { name: 'SET min_latency', unit: 'ms', value: 0.024, better: 'lower' },
  ]);
  expect([metrics.length, coordinatedOmissionFree, ignoredLines]).toEqual([14, false, 0]);
  const all = numbers(readRedisBenchmark, 'redis-benchmark-7.0.15-all.csv');
  expect(Object.keys(all)).toHaveLength(20 * 7);
  expect(all['LRANGE_100 (first 100 elements) p99_latency']).toBe(0.135);
});

test('redis-benchmark before 6.2 gives requests a second alone', () => {
  expect(readRedisBenchmark('"SET","83333.34"\r\n"GET","1.00"\r\n').metrics).toEqual([
    { name: 'SET rps', unit: 'requests/s', value: 83333.34, better: 'higher' },
    { name: 'GET rps', unit: 'requests/s', value: 1, better: 'higher' },
  ]);
});

test('pgbench: a closed loop, a rate, reconnecting, several scripts', () => {
  const tpcb = readPgbench(golden('pgbench-15-tpcb.txt'));
  expect(tpcb.tool).toEqual({ name: 'pgbench', version: '15.18' });
  expect(tpcb.coordinatedOmissionFree).toBe(false);
  expect(tpcb.metrics.map(({ name }) => name)).toEqual([
    'transactions',
    'failed',
    'latency average',
    'initial connection time',
    'tps',
  ]);
  const select = numbers(readPgbench, 'pgbench-15-select.txt');
  expect(select).toEqual({
    transactions: 31378,
    failed: 0,
    'latency average': 0.06,
    'latency stddev': 0.051,
    'initial connection time': 15.721,
    tps: 31873.214128,
  });
  const rate = readPgbench(golden('pgbench-15-rate.txt'));
  expect(rate.coordinatedOmissionFree).toBe(true);
  expect(rate.metrics.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'schedule lag average',
      'schedule lag max',
      'skipped',
      'above the latency limit',
    ]),
  );
  expect(numbers(readPgbench, 'pgbench-15-reconnect.txt')['average connection time']).toBeGreaterThan(0);
  // The whole, and not one of the scripts.
  const text = golden('pgbench-15-scripts.txt');
  expect(numbers(readPgbench, 'pgbench-15-scripts.txt').tps).toBe(Number(/^tps = (\S+)/m.exec(text)?.[1]));
});

test('pgbench: a report without its end is none', () => {
  const text = golden('pgbench-15-tpcb.txt');
  expect(readPgbench(text.slice(0, text.indexOf('tps ='))).metrics).toEqual([]);
});

test('wrk: the summary, with and without percentiles, with errors', () => {
  expect(numbers(readWrk, 'wrk-4.1.txt')).toEqual({
    'latency avg': 0.20451,
    'latency stdev': 0.61519,
    'latency max': 11.13,
    'latency p50': 0.063,
    'latency p75': 0.093,
    'latency p90': 0.293,
    'latency p99': 2.99,
    completed: 56930,
    requests: 51748.43,
    transfer: Math.round(6.12 * 1024 * 1024),
  });
  expect(numbers(readWrk, 'wrk-4.1-plain.txt').requests).toBeGreaterThan(0);
  expect(numbers(readWrk, 'wrk-4.1-errors.txt')).toMatchObject({
    'errors connect': 0,
    'errors read': 7572,
    'errors status': 7785,
  });
});

test('JSON lines: a log between them is counted, a later value replaces an earlier one', () => {
  const text = [
    'starting up',
    '{"metric": "rows", "value": 1}',
    '{"metric": "rows", "value": 2, "unit": "rows/s", "better": "higher"}',
    '{"metric": "no value"}',
    '{"metric": "half", "val',
    '{"tool": "mine", "version": "1.2", "coordinatedOmissionFree": true}',
    '{"metric": "plain", "value": -1.5e3}\r',
    '{"metric": "infinite", "value": 1e999}',
    '',
  ].join('\n');
  expect(readJsonLines(text)).toEqual({
    tool: { name: 'mine', version: '1.2' },
    coordinatedOmissionFree: true,
    ignoredLines: 4,
    metrics: [
      { name: 'rows', unit: 'rows/s', value: 2, better: 'higher' },
      { name: 'plain', unit: '', value: -1500, better: null },
    ],
  });
});

const POINT: ToolOutput = { file: 'a.csv', is: 'point', name: '', parameters: {} };
const parsers = ['redis-benchmark', 'pgbench', 'wrk', 'json-lines'] as const;

test('a point without a number fails the result, and the others are kept', () => {
  const files = new Map([
    ['v.txt', 'redis-benchmark 7.0.15\n'],
    ['a.csv', golden('redis-benchmark-7.0.15.csv')],
    ['b.csv', '"test","rps"\n'],
  ]);
  const read = (outputs: ToolOutput[]) =>
    readToolResult('redis-benchmark', outputs, (name) => {
      const text = files.get(name);
      return text === undefined ? undefined : Buffer.from(text);
    });
  const version: ToolOutput = { ...POINT, file: 'v.txt', is: 'version' };
  expect(read([version, POINT])).toMatchObject({
    v: 1,
    status: 'ok',
    tool: { name: 'redis-benchmark', version: '7.0.15' },
    coordinatedOmissionFree: false,
  });
  const failed = read([
    { ...POINT, name: 'clients=1' },
    { ...POINT, file: 'b.csv', name: 'clients=2' },
    { ...POINT, file: 'c.csv', name: 'clients=4' },
  ]);
  expect(failed).toMatchObject({
    status: 'failed',
    message: 'clients=2: there is no number of redis-benchmark in b.csv; clients=4: c.csv is missing',
  });
  expect(failed.points.map(({ name }) => name)).toEqual(['clients=1']);
  expect(read([]).status).toBe('failed');
});

test('whatever a tool printed, the answer is a result', () => {
  const real = readdirSync(folder).map(golden);
  const garbled = fc
    .tuple(fc.constantFrom(...real), fc.nat(), fc.nat(), fc.string({ unit: 'binary' }))
    .map(([text, from, length, noise]) => {
      const at = from % (text.length + 1);
      return text.slice(0, at) + noise + text.slice(at + (length % 50));
    });
  const hostile = fc.oneof(garbled, fc.string({ unit: 'binary' }), fc.json(), fc.constantFrom(...real));
  fc.assert(
    fc.property(hostile, fc.constantFrom(...parsers), (text, parser) => {
      const result = readToolResult(parser, [POINT], () => Buffer.from(text));
      expect(toolResultSchema.parse(result)).toEqual(result);
      // No number that the tool did not print as one.
      for (const { value } of result.points.flatMap(({ metrics }) => metrics))
        expect(value).toSatisfy(Number.isFinite);
    }),
    { numRuns: 2_000 },
  );
});

test('a file cut anywhere never gives a number that the whole does not have', () => {
  const cases = [
    [readRedisBenchmark, 'redis-benchmark-7.0.15.csv'],
    [readPgbench, 'pgbench-15-rate.txt'],
    [readWrk, 'wrk-4.1-errors.txt'],
  ] as const;
  for (const [read, name] of cases) {
    const text = golden(name);
    const whole = numbers(read, name);
    for (let end = 0; end < text.length; end++) {
      for (const metric of read(text.slice(0, end)).metrics)
        expect([metric.name, metric.value]).toEqual([metric.name, whole[metric.name]]);
    }
  }
});

test('an endless line, a million lines', () => {
  const time = performance.now();
  for (const parser of parsers) {
    for (const text of ['"'.repeat(4e6), '{'.repeat(4e6), '1 '.repeat(2e6), '"a","1"\n'.repeat(3e5)])
      readToolResult(parser, [POINT], () => Buffer.from(text));
  }
  expect(performance.now() - time).toBeLessThan(20_000);
});
