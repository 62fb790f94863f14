import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distribution } from '../../src/jobs/loadgen/analyse/distribution.ts';

const percentiles = (samples: Iterable<number>) => distribution(Float64Array.from(samples));
const upTo = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 1);

describe('percentiles', () => {
  test('of 1…100 are the numbers themselves', () => {
    expect(percentiles(upTo(100))).toMatchObject({ n: 100, min: 1, p1: 1, p5: 5, p10: 10, p25: 25, p50: 50 });
    expect(percentiles(upTo(100))).toMatchObject({ p75: 75, p90: 90, p95: 95, p99: 99, p999: 100, max: 100 });
  });

  test('come with the mean and the deviation of the sample', () => {
    expect(percentiles([2, 4, 4, 4, 5, 5, 7, 9])).toMatchObject({
      mean: 5,
      sd: Math.round(1000 * Math.sqrt(32 / 7)) / 1000,
    });
    expect(percentiles([3])).toMatchObject({ mean: 3, sd: null });
  });

  test.each([
    { n: 1, p50: 1, p90: 1, p99: 1 },
    { n: 2, p50: 1, p90: 2, p99: 2 },
    { n: 3, p50: 2, p90: 3, p99: 3 },
    { n: 10, p50: 5, p90: 9, p99: 10 },
    { n: 101, p50: 51, p90: 91, p99: 100 },
    { n: 1000, p50: 500, p90: 900, p99: 990 },
  ])('of 1…$n by nearest rank', ({ n, ...expected }) => {
    expect(percentiles([...upTo(n)].reverse())).toMatchObject(expected);
  });

  test('without a sample are null, not 0', () => {
    expect(percentiles([])).toMatchObject({ n: 0, mean: null, p50: null, p90: null, p99: null, max: null });
  });

  test('sort by value, not as text', () => {
    expect(percentiles([9, 10, 100, 1000, 2]).p50).toBe(10);
  });

  test('agree with the definition: the smallest sample that p % of all samples do not exceed', () => {
    const samples = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(samples, fc.constantFrom(1, 5, 10, 25, 50, 75, 90, 95, 99), (values, p) => {
        const enough = values.filter((x) => 100 * values.filter((y) => y <= x).length >= p * values.length);
        expect(percentiles(values)).toHaveProperty(`p${p}`, Math.min(...enough));
      }),
    );
  });

  test('rise with p and do not depend on the order of the samples', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }), (values) => {
        const result = percentiles(values);
        expect(percentiles([...values].reverse())).toEqual(result);
        expect(result.p50 ?? 0).toBeLessThanOrEqual(result.p90 ?? 0);
        expect(result.p90 ?? 0).toBeLessThanOrEqual(result.p99 ?? 0);
      }),
    );
  });
});
