import type { Percentiles } from '../../shared/result/result.ts';

/**
 * Exact nearest-rank percentile: of n samples in ascending order, number ⌈p·n/100⌉ (p in 1…100). Always a value
 * that was really measured, never an interpolation; null without samples.
 */
export function percentile(ascending: Float64Array, p: number): number | null {
  // p·n first, then the division: p/100 is not exact in binary and would push 7 % of 100 to rank 8.
  const rank = Math.max(1, Math.ceil((p * ascending.length) / 100));
  return ascending[rank - 1] ?? null;
}

export function percentiles(samples: Iterable<number>): Percentiles {
  const ascending = Float64Array.from(samples).sort();
  return {
    p50: percentile(ascending, 50),
    p90: percentile(ascending, 90),
    p99: percentile(ascending, 99),
  };
}
