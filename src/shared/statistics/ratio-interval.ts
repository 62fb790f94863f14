import { meanOf, varianceOf } from './mean-interval.ts';
import { tQuantile, tTwoSided } from './student-t.ts';

export interface RatioInterval {
  /** Geometric mean of `b` / geometric mean of `a`. */
  ratio: number;
  /** Null when either side has one value only: then nothing is known about the spread. */
  interval: { low: number; high: number; df: number; p: number } | null;
}

/**
 * How `b` compares with `a`: Welch's interval of the difference of their mean logarithms, as a ratio. Logarithms,
 * because latencies and rates differ by factors, and a percentage then means the same in both directions. Welch
 * (Biometrika 34, 1947) with Satterthwaite's degrees of freedom, because the two spread differently.
 * @returns undefined when a value is not above 0: it has no ratio.
 */
export function ratioInterval(
  a: readonly number[],
  b: readonly number[],
  confidence = 0.95,
): RatioInterval | undefined {
  const positive = (value: number) => value > 0 && Number.isFinite(value);
  if (a.length === 0 || b.length === 0 || ![...a, ...b].every(positive)) return undefined;
  const [x, y] = [a.map(Math.log), b.map(Math.log)];
  const difference = meanOf(y) - meanOf(x);
  const ratio = Math.exp(difference);
  if (x.length < 2 || y.length < 2) return { ratio, interval: null };
  const [vx, vy] = [varianceOf(x) / x.length, varianceOf(y) / y.length];
  const variance = vx + vy;
  // Equal to the last digit on both sides: counters do that. There is no spread to divide by.
  if (variance === 0) {
    const df = x.length + y.length - 2;
    return { ratio, interval: { low: ratio, high: ratio, df, p: difference === 0 ? 1 : 0 } };
  }
  const df = variance ** 2 / (vx ** 2 / (x.length - 1) + vy ** 2 / (y.length - 1));
  const half = tQuantile((1 + confidence) / 2, df) * Math.sqrt(variance);
  const interval = {
    low: Math.exp(difference - half),
    high: Math.exp(difference + half),
    df,
    p: tTwoSided(difference / Math.sqrt(variance), df),
  };
  return { ratio, interval };
}
