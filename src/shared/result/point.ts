import * as z from 'zod';
import { distributionSchema } from './distribution.ts';
import { validityCodeSchema } from './validity.ts';

const count = z.int().nonnegative();
const perSecond = z.number().nonnegative();
const numbers = z.array(z.number());

/** What happened when: one entry a step of `stepS` seconds from the point's start, warm-up and cool-down included. */
export const seriesSchema = z.object({
  stepS: z.number().positive(),
  sent: numbers,
  done: numbers,
  errors: numbers,
  tokens: numbers,
  /** Mean number of requests in flight. */
  inFlight: numbers,
  /** Response times in ms of what ended in the step; null where nothing did. */
  p50: z.array(z.number().nullable()),
  p99: z.array(z.number().nullable()),
});
export type Series = z.infer<typeof seriesSchema>;

/** How the generator itself was doing while it measured: the proof that it was not what was measured. */
export const selfSchema = z.object({
  /** 99th percentile of how late an event loop ran, in ms; the worst thread's. */
  loopDelayP99Ms: z.number().nonnegative(),
  loopDelayMaxMs: z.number().nonnegative().optional(),
  /** CPU time used / time passed; 1 is one whole core. */
  cpuShare: z.number().nonnegative(),
  /** The busiest thread's share of time in which its event loop worked; at 1 it has no time left. */
  busyShare: z.number().nonnegative().optional(),
  gcMaxMs: z.number().nonnegative().optional(),
  /** How late requests were sent, in ms. In a closed loop there is no plan to be late for. */
  scheduleLagMs: distributionSchema.optional(),
  threads: z.int().positive().optional(),
});

export const settingsSchema = z.object({
  max_tokens: z.int().positive().optional(),
  requests: z.int().positive().optional(),
  temperature: z.number().nonnegative().optional(),
  prompt: z.int().positive().optional(),
});

/** The load of a point: what was asked for. */
export const pointLoadSchema = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('closed'),
    concurrency: z.int().positive(),
    thinkS: z.number().nonnegative().optional(),
  }),
  z.object({
    is: z.literal('open'),
    /** In words: `10/s, poisson`. */
    words: z.string(),
    /** Requests a second that were meant to be sent during the measured window; null when all came at once. */
    offeredPerS: perSecond.nullable(),
  }),
]);

/**
 * One point of a sweep: one load, held on one warm service.
 *
 * Requests belong to the phase in which they were due. The measured window is the measured phase when the point goes
 * by time; else it runs from the start of the first measured request to the end of the last one. Warm-up and cool-down
 * flow into it without a pause and are in none of the numbers but `warmup` and `series`.
 */
export const pointSchema = z.object({
  /** What the person calls it, such as `concurrency 4, max_tokens 64`; unique with `repeat`. */
  name: z.string().optional(),
  /** What was swept beside the load, under the recipe's names; `prompt` counts the recipe's list, from 1. */
  settings: settingsSchema.optional(),
  /** Which time this point was measured, from 1; only when each is measured several times. */
  repeat: z.int().positive().optional(),
  /** It was measured by an earlier attempt of the session: by whom, and where the service was then. */
  earlier: z.object({ runId: z.string(), host: z.string(), url: z.string() }).optional(),
  load: pointLoadSchema.optional(),
  /** Of a closed loop; null for open load. */
  concurrency: z.int().positive().nullable(),
  startedAt: z.iso.datetime(),
  warmup: z.object({ requests: count, errors: count }),
  /** Measured requests that ended by themselves: the good ones and `errors`. */
  requests: count,
  errors: count,
  /** Due in the window, but never sent: more were in flight than the recipe allows. */
  dropped: count.optional(),
  /** Sent in the window and still unanswered when the point ended: their latency is only known to be longer. */
  incomplete: count.optional(),
  /** `errors` by kind (see `errorKindSchema` of the request records). */
  errorKinds: z.record(z.string(), count),
  /** Length of the measured window in seconds; 0 when nothing was measured. */
  durationS: z.number().nonnegative(),
  /** Time to first token: first chunk with text − the moment the request was due. */
  ttftMs: distributionSchema,
  /** Time per output token after the first: (last chunk − first chunk) / (output tokens − 1), per request. */
  tpotMs: distributionSchema,
  /** Pauses between chunks with text, of all requests together. */
  itlMs: distributionSchema.optional(),
  /** End to end: last chunk with text (or last byte) − the moment the request was due. */
  e2eMs: distributionSchema,
  /** The same two counted from the moment the request was sent. Shorter only when the generator or its cap was late. */
  service: z.object({ ttftMs: distributionSchema, e2eMs: distributionSchema }).optional(),
  /** Σ over successful requests as the server counted; null when it left one out. */
  inputTokens: count.nullable(),
  /** Σ over successful requests as the server counted. */
  outputTokens: count,
  cachedTokens: count.optional(),
  /** Tokens that came during the window / `durationS`. */
  outputTokensPerS: perSecond,
  /** Successful requests that ended during the window / `durationS`. */
  requestsPerS: perSecond,
  /** Those of them that met every goal (`slo`) / `durationS`. */
  goodputPerS: perSecond.optional(),
  /** Mean number of requests in flight during the window: the area under it. */
  meanConcurrency: z.number().nonnegative(),
  maxConcurrency: count.optional(),
  /** Little's law: |requests/s × mean time in flight − mean in flight| / mean in flight. */
  littleError: z.number().nonnegative().optional(),
  self: selfSchema,
  series: seriesSchema.optional(),
  validity: z.array(validityCodeSchema),
});
export type Point = z.infer<typeof pointSchema>;
