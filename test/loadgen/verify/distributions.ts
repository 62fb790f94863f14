import { randomStream } from '../../../src/jobs/loadgen/schedule/random.ts';
import { atMost, between, type Check } from './check.ts';
import { measure } from './measure.ts';
import { startTimedServer } from './timed-server.ts';

/** Latencies by their quantile function, in ms: what the server draws from, and what must be found again. */
const DISTRIBUTIONS: [name: string, concurrency: number, quantile: (u: number) => number][] = [
  ['constant', 16, () => 20],
  ['exponential', 24, (u) => -30 * Math.log1p(-u)],
  ['lognormal', 16, (u) => 20 * Math.exp(0.5 * normalQuantile(u))],
  ['bimodal', 12, (u) => (u < 0.93 ? 5 : 80)],
];
/** 99.99 % of a normal distribution lie within so many of its standard deviations. */
const Z = 3.89;

/**
 * A sample's p-quantile has the rank of a binomial variable: with n samples it lies between the distribution's
 * quantiles at p ± z·√(p(1−p)/n). Three times somebody has to be woken up: the server by the request, by its timer, and
 * the generator by the answer. How late that is on this machine the server measures of its timers; it widens the bound.
 */
export async function checkDistributions(bundle: string): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [name, concurrency, quantile] of DISTRIBUTIONS) {
    const random = randomStream('verify', name);
    const server = await startTimedServer(() => quantile(random()));
    const load = {
      is: 'closed',
      concurrency,
      durationS: 4,
      warmupS: 0.5,
      cooldownS: 0.5,
    } as const;
    const { point, counted } = await measure(bundle, server, name, load);
    server.close();
    const late = server.lateness().sort((a, b) => a - b);
    for (const [percent, measured] of [
      [50, point.e2eMs.p50],
      [90, point.e2eMs.p90],
      [99, point.e2eMs.p99],
    ] as const) {
      const p = percent / 100;
      const spread = Z * Math.sqrt((p * (1 - p)) / point.requests);
      const early = Math.min(0, late[Math.floor(0.01 * late.length)] ?? 0);
      const slow = Math.max(0, late[Math.floor((p > 0.5 ? 0.99 : 0.9) * late.length)] ?? 0);
      const low = quantile(p - spread) + early - 0.5;
      const high = quantile(Math.min(p + spread, 1 - 1e-9)) + 3 * slow + 1;
      checks.push(between(`${name} latencies: p${percent}`, measured ?? Number.NaN, low, high));
    }
    const { meanConcurrency, littleError = 1 } = point;
    checks.push(
      atMost(`${name}: Little's law`, 100 * littleError, 2, '%'),
      between(`${name}: mean in flight`, meanConcurrency, 0.99 * concurrency, concurrency, 'requests'),
      counted,
    );
  }
  return checks;
}

/** Acklam's rational approximation of the inverse normal distribution; its relative error is below 1.2e-9. */
function normalQuantile(u: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
  ];
  const b = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
  ];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
  const at = (polynomial: number[], x: number) => polynomial.reduce((sum, each) => sum * x + each, 0);
  const tail = Math.min(u, 1 - u);
  if (tail > 0.02425) {
    const q = u - 0.5;
    return (q * at(a, q * q)) / at(b, q * q);
  }
  const q = Math.sqrt(-2 * Math.log(Math.max(tail, Number.MIN_VALUE)));
  return (u < 0.5 ? 1 : -1) * (at(c, q) / at(d, q));
}
