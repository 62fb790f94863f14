import type { Distribution } from '../../../shared/result/distribution.ts';

const PERCENTILES = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9] as const;

/**
 * Exact: every sample is kept and sorted. Nearest rank: with n samples in ascending order pX is number ⌈X·n/100⌉, so
 * each percentile is a latency that somebody had. Sorts `samples` in place.
 */
export function distribution(samples: Float64Array): Distribution {
  const n = samples.length;
  if (n === 0) return NOTHING;
  samples.sort();
  let sum = 0;
  for (const sample of samples) sum += sample;
  const mean = sum / n;
  let squares = 0;
  for (const sample of samples) squares += (sample - mean) ** 2;
  const rank = (percent: number) =>
    round(samples[Math.max(0, Math.ceil((percent * n) / 100 - 1e-9) - 1)] ?? 0);
  const at = Object.fromEntries(PERCENTILES.map((percent) => [nameOf(percent), rank(percent)]));
  return {
    ...(at as Pick<Distribution, 'p50' | 'p90' | 'p99'>),
    n,
    mean: round(mean),
    sd: n > 1 ? round(Math.sqrt(squares / (n - 1))) : null,
    min: round(samples[0] ?? 0),
    max: round(samples[n - 1] ?? 0),
  };
}

/** The same of samples that are counted: value and how often, in any order. */
export function countedDistribution(counts: readonly (readonly [ms: number, count: number])[]): Distribution {
  const sorted = counts.toSorted(([a], [b]) => a - b);
  const n = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (n === 0) return NOTHING;
  const mean = sorted.reduce((sum, [ms, count]) => sum + ms * count, 0) / n;
  const squares = sorted.reduce((sum, [ms, count]) => sum + count * (ms - mean) ** 2, 0);
  const rank = (percent: number) => {
    let left = Math.max(1, Math.ceil((percent * n) / 100 - 1e-9));
    for (const [ms, count] of sorted) {
      left -= count;
      if (left <= 0) return round(ms);
    }
    return round(sorted.at(-1)?.[0] ?? 0);
  };
  const at = Object.fromEntries(PERCENTILES.map((percent) => [nameOf(percent), rank(percent)]));
  return {
    ...(at as Pick<Distribution, 'p50' | 'p90' | 'p99'>),
    n,
    mean: round(mean),
    sd: n > 1 ? round(Math.sqrt(squares / (n - 1))) : null,
    min: rank(0),
    max: rank(100),
  };
}

const nameOf = (percent: number): string => `p${String(percent).replace('.', '')}`;

const NOTHING: Distribution = {
  n: 0,
  mean: null,
  sd: null,
  min: null,
  p1: null,
  p5: null,
  p10: null,
  p25: null,
  p50: null,
  p75: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
};

/** To a microsecond: the clock is no better. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
