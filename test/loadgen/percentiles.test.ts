import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { percentile, percentiles } from '../../src/jobs/loadgen/percentiles.ts';

const upTo = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 1);

describe('percentiles', () => {
  test('of 1…100 are the numbers themselves', () => {
    const samples = upTo(100);
    for (let p = 1; p <= 100; p++) expect(percentile(samples, p)).toBe(p);
  });

  test.each([
    { n: 1, p50: 1, p90: 1, p99: 1 },
    { n: 2, p50: 1, p90: 2, p99: 2 },
    { n: 3, p50: 2, p90: 3, p99: 3 },
    { n: 10, p50: 5, p90: 9, p99: 10 },
    { n: 101, p50: 51, p90: 91, p99: 100 },
    { n: 1000, p50: 500, p90: 900, p99: 990 },
  ])('of 1…$n by nearest rank', ({ n, ...expected }) => {
    expect(percentiles([...upTo(n)].reverse())).toEqual(expected);
  });

  test('without a sample are null, not 0', () => {
    expect(percentiles([])).toEqual({ p50: null, p90: null, p99: null });
  });

  test('sort by value, not as text', () => {
    expect(percentiles([9, 10, 100, 1000, 2]).p50).toBe(10);
  });

  test('agree with the definition: the smallest sample that p % of all samples do not exceed', () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 100 }), (values, p) => {
        const enough = values.filter((x) => 100 * values.filter((y) => y <= x).length >= p * values.length);
        expect(percentile(Float64Array.from(values).sort(), p)).toBe(Math.min(...enough));
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
