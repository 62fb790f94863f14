import { tQuantile } from './student-t.ts';

export interface MeanInterval {
  n: number;
  mean: number;
  /** Of the sample: divided by n − 1; null for one value. */
  sd: number | null;
  /** Where the mean lies with the given confidence; null for one value, which says nothing about its spread. */
  low: number | null;
  high: number | null;
}

/**
 * Mean ± t(1 − α/2; n − 1) · s / √n: Student's interval. It presumes that the values are independent and roughly
 * normal, which means over whole runs are.
 */
export function meanInterval(values: readonly number[], confidence = 0.95): MeanInterval {
  const n = values.length;
  if (n === 0) throw new RangeError('no mean of nothing');
  const mean = meanOf(values);
  if (n === 1) return { n, mean, sd: null, low: null, high: null };
  const sd = Math.sqrt(varianceOf(values));
  const half = (tQuantile((1 + confidence) / 2, n - 1) * sd) / Math.sqrt(n);
  return { n, mean, sd, low: mean - half, high: mean + half };
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the sample, in two passes: the short formula loses all digits of values that differ little. */
export function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
