import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holm } from '../../src/shared/statistics/holm.ts';
import { meanInterval } from '../../src/shared/statistics/mean-interval.ts';
import { ratioInterval } from '../../src/shared/statistics/ratio-interval.ts';
import { incompleteBeta, tProbability, tQuantile, tTwoSided } from '../../src/shared/statistics/student-t.ts';

describe("Student's t", () => {
  // Fisher & Yates' table, as every textbook has it.
  test.each([
    [0.975, 1, 12.7062],
    [0.975, 2, 4.3027],
    [0.975, 4, 2.7764],
    [0.975, 9, 2.2622],
    [0.975, 30, 2.0423],
    [0.95, 5, 2.015],
    [0.995, 3, 5.8409],
    [0.9995, 2, 31.5991],
    [0.975, 1e6, 1.95997],
  ])('quantile %d with %d degrees of freedom is %d', (p, df, expected) => {
    expect(tQuantile(p, df)).toBeCloseTo(expected, 4);
    expect(tQuantile(1 - p, df)).toBeCloseTo(-expected, 4);
  });

  test('one degree of freedom is Cauchy, two have a closed form', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (t) => {
        expect(tProbability(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 10);
        expect(tProbability(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 10);
      }),
    );
  });

  test('quantile and probability are each other turned round; both tails are twice one', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.double({ min: 1, max: 500, noNaN: true }),
        (p, df) => {
          expect(tProbability(tQuantile(p, df), df)).toBeCloseTo(p, 9);
          const t = Math.abs(tQuantile(p, df));
          expect(tTwoSided(t, df)).toBeCloseTo(2 * (1 - tProbability(t, df)), 9);
        },
      ),
    );
  });

  test('the incomplete beta function of whole numbers is a binomial tail', () => {
    expect(incompleteBeta(0.3, 1, 1)).toBeCloseTo(0.3, 12);
    expect(incompleteBeta(0.4, 2, 3)).toBeCloseTo(0.5248, 12);
    expect(incompleteBeta(0, 2, 3)).toBe(0);
    expect(incompleteBeta(1, 2, 3)).toBe(1);
  });

  test('what has no answer is refused', () => {
    expect(() => tQuantile(1, 3)).toThrow('between 0 and 1');
    expect(() => tProbability(1, 0)).toThrow('above 0');
    expect(() => meanInterval([])).toThrow('nothing');
  });
});

const values = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 12 });

describe('the interval of a mean', () => {
  // NIST/SEMATECH e-Handbook 1.3.5.2 has the formula; these numbers are worked by hand: mean 5, s = √(20/3).
  test('by hand', () => {
    const { mean, sd, low, high } = meanInterval([2, 4, 6, 8]);
    expect({ mean, sd }).toEqual({ mean: 5, sd: Math.sqrt(20 / 3) });
    expect(low).toBeCloseTo(5 - (3.182446 * Math.sqrt(20 / 3)) / 2, 5);
    expect(high).toBeCloseTo(5 + (3.182446 * Math.sqrt(20 / 3)) / 2, 5);
  });

  test('one value has no interval', () => {
    expect(meanInterval([7])).toEqual({ n: 1, mean: 7, sd: null, low: null, high: null });
  });

  test('values that differ in the last digits only keep their spread', () => {
    expect(meanInterval([1e9, 1e9 + 1, 1e9 + 2]).sd).toBeCloseTo(1, 9);
  });

  test('it holds the true mean as often as it says', () => {
    let seed = 1;
    const uniform = () => {
      seed = (seed * 48271) % 2147483647;
      return seed / 2147483647;
    };
    const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    let held = 0;
    for (let run = 0; run < 4_000; run++) {
      const { low, high } = meanInterval(Array.from({ length: 4 }, () => 10 + normal()));
      if ((low ?? 0) <= 10 && 10 <= (high ?? 0)) held += 1;
    }
    // Four standard errors of a binomial with p = 0.95.
    expect(Math.abs(held / 4_000 - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / 4_000));
  });
});

describe('the ratio of two', () => {
  test('by hand: Welch of ln [1, e, e²] and ln [e, e², e³]', () => {
    const e = Math.E;
    const found = ratioInterval([1, e, e ** 2], [e, e ** 2, e ** 3]);
    // Both have mean logarithms 1 apart, variance 1, n = 3: t = 1 / √(2/3), 4 degrees of freedom.
    expect(found?.ratio).toBeCloseTo(e, 10);
    expect(found?.interval?.df).toBeCloseTo(4, 10);
    expect(found?.interval?.low).toBeCloseTo(Math.exp(1 - 2.7764451 * Math.sqrt(2 / 3)), 5);
    expect(found?.interval?.p).toBeCloseTo(0.2879, 4);
  });

  test('turned round it is the reciprocal, and units do not matter', () => {
    fc.assert(
      fc.property(values, values, fc.double({ min: 0.001, max: 1000, noNaN: true }), (a, b, unit) => {
        const there = ratioInterval(a, b);
        const back = ratioInterval(b, a);
        const scaled = ratioInterval(
          a.map((x) => x * unit),
          b.map((x) => x * unit),
        );
        if (!there?.interval || !back?.interval || !scaled?.interval) throw new Error('no interval');
        expect(there.ratio * back.ratio).toBeCloseTo(1, 8);
        expect(Math.log(there.interval.low) + Math.log(back.interval.high)).toBeCloseTo(0, 6);
        expect(Math.log(scaled.ratio) - Math.log(there.ratio)).toBeCloseTo(0, 8);
        expect(there.interval.low).toBeLessThanOrEqual(there.ratio);
        expect(there.interval.high).toBeGreaterThanOrEqual(there.ratio);
        // The interval and the probability say the same.
        const excludesOne = there.interval.low > 1 || there.interval.high < 1;
        if (Math.abs(there.interval.p - 0.05) > 1e-6) expect(there.interval.p < 0.05).toBe(excludesOne);
      }),
      { seed: 1 },
    );
  });

  test('no interval of one run, no ratio of zero, no division by no spread', () => {
    expect(ratioInterval([2], [3, 3])).toEqual({ ratio: expect.closeTo(1.5, 10), interval: null });
    expect(ratioInterval([0, 1], [1, 1])).toBeUndefined();
    expect(ratioInterval([], [1])).toBeUndefined();
    expect(ratioInterval([2, 2], [2, 2])?.interval).toMatchObject({ low: 1, high: 1, p: 1 });
    expect(ratioInterval([2, 2], [3, 3])?.interval?.p).toBe(0);
  });
});

describe('Holm', () => {
  test('by hand', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([])).toEqual([]);
  });

  test('never smaller than alone, never larger than Bonferroni, and in the same order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (all) => {
        const adjusted = holm(all);
        all.forEach((p, at) => {
          expect(adjusted[at]).toBeGreaterThanOrEqual(p);
          expect(adjusted[at]).toBeLessThanOrEqual(Math.min(1, p * all.length));
        });
      }),
    );
  });
});
