import * as z from 'zod';
import { arrivalsSchema, spread } from './arrivals.ts';
import { randomStream } from './random.ts';
import { expectedRequests, rateProfileSchema } from './rate-profile.ts';
import { readTrace } from './read-trace.ts';

/** Beyond this the schedule alone would be half a gigabyte, and no generator of ours would keep it. */
const MOST_REQUESTS = 50_000_000;

/**
 * Open load: when each request is meant to be sent does not depend on how fast the server answers, so a slow answer
 * is counted in full and never hides the requests it held up.
 */
export const openLoadSchema = z.discriminatedUnion('open', [
  z.strictObject({
    open: z.literal('rate'),
    profile: rateProfileSchema,
    arrivals: arrivalsSchema.default({ process: 'poisson' }),
  }),
  /** `size` requests at once, every `everyS` seconds. */
  z.strictObject({
    open: z.literal('burst'),
    size: z.int().positive().max(1_000_000),
    everyS: z.number().positive(),
    durationS: z.number().positive(),
  }),
  /** A recorded trace, see `readTrace`; `scale` 2 plays it in half the time. */
  z.strictObject({
    open: z.literal('replay'),
    file: z.string().min(1),
    scale: z.number().positive().default(1),
  }),
  /** All at once. */
  z.strictObject({ open: z.literal('offline'), requests: z.int().positive().max(MOST_REQUESTS) }),
]);
export type OpenLoad = z.infer<typeof openLoadSchema>;

/**
 * When each request of a point is meant to be sent: milliseconds from the point's start, ascending. Absolute, so that
 * a late request never delays the next. The same load and seed words give the same bytes.
 */
export function intendedTimes(
  load: OpenLoad,
  seed: readonly (string | number)[] = [],
  traceOf: (file: string) => readonly number[] = readTrace,
): Float64Array {
  switch (load.open) {
    case 'rate': {
      const expected = expectedRequests(load.profile);
      const count = checked(Math.max(1, Math.round(expected.total)));
      const places = spread(load.arrivals, count, randomStream('arrivals', ...seed));
      return ascending(places.map((place) => 1000 * expected.timeOf(place * expected.total)));
    }
    case 'burst': {
      const bursts = Math.max(1, Math.ceil(load.durationS / load.everyS));
      const times = new Float64Array(checked(bursts * load.size));
      for (let k = 0; k < times.length; k++) times[k] = 1000 * load.everyS * Math.floor(k / load.size);
      return times;
    }
    case 'replay': {
      const times = Float64Array.from(traceOf(load.file)).sort();
      const first = times[0] ?? 0;
      return times.map((time) => (1000 * (time - first)) / load.scale);
    }
    case 'offline':
      return new Float64Array(load.requests);
    default:
      return load satisfies never;
  }
}

/** Two requests that are due at almost the same time must not change places by a rounding error. */
function ascending(times: Float64Array): Float64Array {
  for (let k = 1; k < times.length; k++) times[k] = Math.max(times[k] ?? 0, times[k - 1] ?? 0);
  return times;
}

/** @throws RangeError for a schedule that nobody meant. */
function checked(count: number): number {
  if (count <= MOST_REQUESTS) return count;
  throw new RangeError(
    `the load is ${count} requests; the most is ${MOST_REQUESTS}: lower the rate or the duration`,
  );
}
