import type { Metric } from '../tool-result.ts';
import { linesOf, numberIn, type ToolText } from './tool-text.ts';

/**
 * wrk's summary. A closed loop: each connection sends when the last answer came. wrk2 prints the same with
 * `--rate`, and counts from when a request was due; it says so by the rate's calibration lines.
 */
export function readWrk(text: string): ToolText {
  const metrics: Metric[] = [];
  const put = (name: string, unit: string, value: number | undefined, better: Metric['better']): void => {
    if (value !== undefined) metrics.push({ name, unit, value, better });
  };
  let coordinatedOmissionFree = false;
  for (const line of linesOf(text)) {
    const words = line.trim().split(/\s+/);
    const [first, second, third, fourth] = words;
    if (/^\s*Thread calibration:/.test(line)) coordinatedOmissionFree = true;
    else if (first === 'Latency' && words.length === 5) {
      put('latency avg', 'ms', milliseconds(second), 'lower');
      put('latency stdev', 'ms', milliseconds(third), 'lower');
      put('latency max', 'ms', milliseconds(fourth), 'lower');
    } else if (/^\d+(\.\d+)?%$/.test(first ?? '') && words.length === 2)
      put(`latency p${Number.parseFloat(first ?? '')}`, 'ms', milliseconds(second), 'lower');
    else if (first === 'Requests/sec:') put('requests', 'requests/s', numberIn(second), 'higher');
    else if (first === 'Transfer/sec:') put('transfer', 'bytes/s', bytes(second), 'higher');
    else if (/^\d+ requests in \S+, \S+ read$/.test(line.trim()))
      put('completed', 'requests', numberIn(first), 'higher');
    else if (line.includes('Socket errors:')) {
      for (const [, kind = '', count] of line.matchAll(/\b(connect|read|write|timeout) (\d+)/g))
        put(`errors ${kind}`, 'errors', numberIn(count), 'lower');
    } else if (/^Non-2xx or 3xx responses: \d+$/.test(line.trim()))
      put('errors status', 'errors', numberIn(words.at(-1)), 'lower');
  }
  const tool = { name: coordinatedOmissionFree ? 'wrk2' : 'wrk', version: null };
  return { tool, metrics, coordinatedOmissionFree, ignoredLines: 0 };
}

const SECONDS: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

function milliseconds(text: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/.exec(text ?? '') ?? [];
  const value = numberIn(digits);
  // Rounded to what wrk printed: 1.23 us is not 0.0012300000000000002 ms.
  return value === undefined ? undefined : Number((value * (SECONDS[unit] ?? 0) * 1e3).toPrecision(12));
}

const UNITS = ['', 'K', 'M', 'G', 'T', 'P'];

/** wrk counts in 1024s. */
function bytes(text: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([KMGTP]?)B$/.exec(text ?? '') ?? [];
  const value = numberIn(digits);
  return value === undefined ? undefined : Math.round(value * 1024 ** UNITS.indexOf(unit));
}
