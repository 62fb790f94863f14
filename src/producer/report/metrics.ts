import type { Distribution } from '../../shared/result/distribution.ts';
import type { Point } from '../../shared/result/point.ts';
import type { Metric } from '../../shared/result/tool-result.ts';

/** A number of one measurement, under the name that tables, CSV and `--metric` use. */
export interface Measured extends Metric {
  /** One of the few that a comparison looks at unless it is told otherwise. */
  main: boolean;
}

/** From so many samples on, a percentile is more than the slowest request by another name. */
export const PERCENTILES = [
  { key: 'p50', title: 'p50', samples: 1 },
  { key: 'p90', title: 'p90', samples: 10 },
  { key: 'p95', title: 'p95', samples: 20 },
  { key: 'p99', title: 'p99', samples: 100 },
  { key: 'p999', title: 'p99.9', samples: 10_000 },
] as const;
export type Percentile = (typeof PERCENTILES)[number]['key'];

export const LATENCIES = [
  { key: 'ttftMs', title: 'TTFT', words: 'time to first token' },
  { key: 'tpotMs', title: 'TPOT', words: 'time per output token after the first' },
  { key: 'itlMs', title: 'ITL', words: 'pause between pieces of the answer' },
  { key: 'e2eMs', title: 'E2E', words: 'end to end' },
] as const;
export type Latency = (typeof LATENCIES)[number]['key'];

export const goodRequests = ({ requests, errors }: Pick<Point, 'requests' | 'errors'>): number =>
  requests - errors;

/** Null where there is none, or too few samples to mean it. */
export function percentileOf(point: Point, latency: Latency, which: Percentile): number | null {
  const distribution: Distribution | undefined = point[latency];
  const { samples } = PERCENTILES.find(({ key }) => key === which) ?? PERCENTILES[0];
  const n = distribution?.n ?? goodRequests(point);
  return n < samples ? null : (distribution?.[which] ?? null);
}

const MAIN = new Set(['output tokens/s', 'TTFT p50', 'TTFT p99', 'TPOT p50', 'E2E p50', 'E2E p99']);

/** All numbers of a point that have a good and a bad direction. */
export function measuredOf(point: Point): Measured[] {
  const found: Measured[] = [];
  const put = (name: string, unit: string, value: number | null | undefined, better: Metric['better']) => {
    if (value === null || value === undefined) return;
    const main = MAIN.has(name) || (name === 'requests/s' && point.outputTokens === 0);
    found.push({ name, unit, value, better, main });
  };
  if (point.outputTokens > 0) put('output tokens/s', 'tokens/s', point.outputTokensPerS, 'higher');
  put('requests/s', 'requests/s', point.requestsPerS, 'higher');
  put('goodput', 'requests/s', point.goodputPerS, 'higher');
  for (const { key, title } of LATENCIES) {
    // Without tokens there is no first one: its time is that of the first byte, and is called nothing here.
    if (point.outputTokens === 0 && key !== 'e2eMs') continue;
    for (const percentile of PERCENTILES)
      put(`${title} ${percentile.title}`, 'ms', percentileOf(point, key, percentile.key), 'lower');
  }
  return found;
}
