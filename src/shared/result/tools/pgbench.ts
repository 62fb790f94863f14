import type { Metric } from '../tool-result.ts';
import { linesOf, numberIn, type ToolText } from './tool-text.ts';

const NUMBER = '(\\d+(?:\\.\\d+)?)';

/** What pgbench 13 to 18 say at the end. Of several scripts, the whole; each script's own numbers are in the file. */
const LINES: readonly [pattern: RegExp, name: string, unit: string, better: Metric['better']][] = [
  [new RegExp(`^tps = ${NUMBER} \\(.*\\)$`), 'tps', 'transactions/s', 'higher'],
  [new RegExp(`^latency average = ${NUMBER} ms$`), 'latency average', 'ms', 'lower'],
  [new RegExp(`^latency stddev = ${NUMBER} ms$`), 'latency stddev', 'ms', 'lower'],
  [new RegExp(`^initial connection time = ${NUMBER} ms$`), 'initial connection time', 'ms', 'lower'],
  [new RegExp(`^average connection time = ${NUMBER} ms$`), 'average connection time', 'ms', 'lower'],
  [/^number of transactions actually processed: (\d+)(?:\/\d+)?$/, 'transactions', 'transactions', 'higher'],
  [/^number of failed transactions: (\d+) \(.*\)$/, 'failed', 'transactions', 'lower'],
  [/^number of transactions skipped: (\d+) \(.*\)$/, 'skipped', 'transactions', 'lower'],
  [/^number of transactions retried: (\d+) \(.*\)$/, 'retried', 'transactions', 'lower'],
  [
    /^number of transactions above the .* latency limit: (\d+)\/\d+ \(.*\)$/,
    'above the latency limit',
    'transactions',
    'lower',
  ],
];
const LAG = new RegExp(`^rate limit schedule lag: avg ${NUMBER} \\(max ${NUMBER}\\) ms$`);

/**
 * pgbench's report. With `--rate` its latencies count from when a transaction was due; else it is a closed loop.
 * Without `tps` the report is not whole, and no number of it is believed.
 */
export function readPgbench(text: string): ToolText {
  const metrics: Metric[] = [];
  let version: string | null = null;
  let coordinatedOmissionFree = false;
  for (const line of linesOf(text)) {
    version ??= /^pgbench \((?:PostgreSQL\) )?(\d[\w.]*)/.exec(line)?.[1] ?? null;
    const lag = LAG.exec(line);
    if (lag) {
      coordinatedOmissionFree = true;
      put('schedule lag average', 'ms', lag[1], 'lower');
      put('schedule lag max', 'ms', lag[2], 'lower');
    }
    for (const [pattern, name, unit, better] of LINES) put(name, unit, pattern.exec(line)?.[1], better);
  }
  const whole = metrics.some(({ name }) => name === 'tps');
  const tool = { name: 'pgbench', version };
  return { tool, metrics: whole ? metrics : [], coordinatedOmissionFree, ignoredLines: 0 };

  function put(name: string, unit: string, digits: string | undefined, better: Metric['better']): void {
    const value = numberIn(digits);
    // pgbench before 14 prints tps twice; the first includes connecting, as -C does.
    if (value !== undefined && !metrics.some((metric) => metric.name === name))
      metrics.push({ name, unit, value, better });
  }
}
