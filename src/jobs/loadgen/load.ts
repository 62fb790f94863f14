import * as z from 'zod';
import type { Point } from '../../shared/result/point.ts';
import { type LoadShare, shareOut, type Window } from './engine/load-share.ts';
import { intendedTimes, openLoadSchema } from './schedule/intended-times.ts';
import { expectedRequests } from './schedule/rate-profile.ts';

const seconds = z
  .number()
  .nonnegative()
  .max(7 * 86_400);

/** The load of one point, and which part of it counts. */
export const loadSchema = z.discriminatedUnion('is', [
  /** So many clients, each waiting for its answer before it asks again. One of them is a single stream. */
  z
    .strictObject({
      is: z.literal('closed'),
      concurrency: z.int().min(1).max(65_536),
      /** Between an answer and the next request. */
      thinkS: seconds.default(0),
      /** Measured requests; give this or `durationS`. */
      requests: z.int().positive().optional(),
      /** Length of the measured window in seconds. */
      durationS: z.number().positive().optional(),
      /** Requests before the measured ones. Default: as many as the concurrency. */
      warmupRequests: z.int().nonnegative().optional(),
      /** With `durationS`: seconds of the same load before and after the window. */
      warmupS: seconds.default(0),
      cooldownS: seconds.default(0),
    })
    .refine((load) => (load.requests === undefined) !== (load.durationS === undefined), {
      error: 'give either requests or durationS',
      path: ['requests'],
    }),
  z.strictObject({
    is: z.literal('open'),
    load: openLoadSchema,
    /** The beginning and the end of the schedule that do not count. */
    warmupS: seconds.default(0),
    cooldownS: seconds.default(0),
    /** Most requests in flight; one that is due then waits, or is dropped and counted. */
    cap: z
      .strictObject({ inFlight: z.int().positive(), policy: z.enum(['queue', 'drop']).default('queue') })
      .optional(),
  }),
]);
export type Load = z.infer<typeof loadSchema>;

/** Which of several nodes this is, from 0. */
export interface Node {
  node: number;
  nodes: number;
}

/** A rate or a concurrency is each node's own; so many requests, all at once or at given times, are shared. */
export const isShared = (load: Load): boolean => load.is === 'open' && load.load.open !== 'rate';

/**
 * The same load, ready to be shared out to threads: this node's part of it. `seed` decides when the requests of an
 * open load are due.
 */
export function planLoad(
  load: Load,
  seed: readonly (string | number)[],
  traceOf: (file: string) => readonly number[],
  { node, nodes }: Node = { node: 0, nodes: 1 },
): LoadShare {
  if (load.is === 'closed') {
    const { concurrency, thinkS } = load;
    return { is: 'closed', lanes: concurrency, thinkMs: thinkS * 1000, window: closedWindow(load) };
  }
  const times = intendedTimes(load.load, [...seed, node], traceOf);
  const indices = Uint32Array.from(times, (_, at) => at);
  const whole: LoadShare = { is: 'open', times, indices, window: openWindow(load, times), cap: load.cap };
  return (isShared(load) && shareOut(whole, nodes)[node]) || whole;
}

function openWindow(load: Extract<Load, { is: 'open' }>, times: Float64Array): Window {
  // All at once has no time of its own: it is measured from the first to the last answer.
  if (load.load.open === 'offline') return { by: 'count', warmup: 0, requests: times.length };
  const warmupMs = load.warmupS * 1000;
  const cooldownMs = load.cooldownS * 1000;
  return {
    by: 'time',
    warmupMs,
    measureMs: Math.max(1, endOf(load, times) - warmupMs - cooldownMs),
    cooldownMs,
  };
}

function closedWindow(load: Extract<Load, { is: 'closed' }>): Window {
  const { concurrency, requests, warmupRequests = concurrency, warmupS, cooldownS, durationS } = load;
  if (requests !== undefined) return { by: 'count', warmup: warmupRequests, requests };
  return {
    by: 'time',
    warmupMs: warmupS * 1000,
    // A time that is given takes their place.
    ...(warmupS > 0 ? {} : { warmupRequests }),
    measureMs: (durationS ?? 0) * 1000,
    cooldownMs: cooldownS * 1000,
  };
}

/** Of the schedule, in ms: its own end, or that of its last request when it has none. */
function endOf({ load }: Extract<Load, { is: 'open' }>, times: Float64Array): number {
  if (load.open === 'rate') return expectedRequests(load.profile).durationS * 1000;
  if (load.open === 'burst') return load.durationS * 1000;
  return (times.at(-1) ?? 0) + 1;
}

/** As the result tells it. */
export function describeLoad(load: Load, share: LoadShare): NonNullable<Point['load']> {
  if (load.is === 'closed') {
    return {
      is: 'closed',
      concurrency: load.concurrency,
      ...(load.thinkS > 0 ? { thinkS: load.thinkS } : {}),
    };
  }
  const { window } = share;
  const due =
    share.is === 'open' && window.by === 'time'
      ? share.times.filter((time) => time >= window.warmupMs && time < window.warmupMs + window.measureMs)
          .length
      : 0;
  const offeredPerS = window.by === 'time' ? due / (window.measureMs / 1000) : null;
  return { is: 'open', words: words(load.load), offeredPerS };
}

function words(load: Extract<Load, { is: 'open' }>['load']): string {
  switch (load.open) {
    case 'rate': {
      const { profile, arrivals } = load;
      const spread = arrivals.process === 'gamma' ? `gamma with cv ${arrivals.cv}` : arrivals.process;
      if (profile.shape === 'constant') return `${profile.rate}/s, ${spread}`;
      if (profile.shape === 'ramp') return `${profile.from} to ${profile.to}/s, ${profile.curve}, ${spread}`;
      return `${profile.stages.map((stage) => `${stage.rate}/s for ${stage.durationS} s`).join(', ')}, ${spread}`;
    }
    case 'burst':
      return `${load.size} at once every ${load.everyS} s`;
    case 'replay':
      return `a trace${load.scale === 1 ? '' : `, ${load.scale} times as fast`}`;
    case 'offline':
      return `${load.requests} at once`;
    default:
      return load satisfies never;
  }
}
