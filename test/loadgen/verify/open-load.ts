import { randomStream } from '../../../src/jobs/loadgen/schedule/random.ts';
import type { RequestRecord } from '../../../src/shared/result/request-record.ts';
import { atMost, type Check, same } from './check.ts';
import { measure } from './measure.ts';
import { startTimedServer } from './timed-server.ts';

const RATE = 500;
const EDGE_S = 1;
const MEASURE_S = 8;
const DURATION_S = EDGE_S + MEASURE_S + EDGE_S;

/** A Poisson load in a steady state: the arrivals, Little's law, and the area under the number in flight. */
export async function checkOpenLoad(bundle: string): Promise<Check[]> {
  const random = randomStream('verify', 'open load');
  const server = await startTimedServer(() => -30 * Math.log1p(-random()));
  const { point, records, startMs, counted } = await measure(bundle, server, `poisson ${RATE}/s`, {
    is: 'open',
    load: { open: 'rate', profile: { shape: 'constant', rate: RATE, durationS: DURATION_S } },
    warmupS: EDGE_S,
    cooldownS: EDGE_S,
  });
  server.close();
  const fromMs = startMs + EDGE_S * 1000;
  const inFlight = areaOf(records, fromMs, fromMs + MEASURE_S * 1000) / (MEASURE_S * 1000);
  const due = records.map(({ intendedMs = Number.NaN }) => (intendedMs - startMs) / (DURATION_S * 1000));
  return [
    atMost("poisson: Little's law", (point.littleError ?? 1) * 100, 2, '%'),
    atMost(
      'poisson: mean in flight against the area under all requests',
      Math.abs(inFlight / point.meanConcurrency - 1) * 100,
      0.5,
      '%',
    ),
    same('poisson: requests of the schedule', records.length, RATE * DURATION_S),
    // 1.95 is the 99.9 % point of Kolmogorov's distribution.
    atMost("poisson: arrivals spread as they should (Kolmogorov's D√n)", kolmogorov(due), 1.95, ''),
    counted,
  ];
}

function areaOf(records: readonly RequestRecord[], fromMs: number, toMs: number): number {
  return records.reduce((area, record) => {
    if (record.outcome === 'dropped') return area;
    return area + Math.max(0, Math.min(toMs, record.endMs) - Math.max(fromMs, record.startMs));
  }, 0);
}

/** Given their number, a Poisson process's arrivals are uniform over its time. */
function kolmogorov(places: number[]): number {
  const n = places.length;
  const far = places
    .sort((a, b) => a - b)
    .reduce((most, place, k) => Math.max(most, Math.abs(place - k / n), Math.abs(place - (k + 1) / n)), 0);
  return far * Math.sqrt(n);
}
