import * as z from 'zod';
import { validityCodeSchema } from './validity.ts';

/**
 * `result.json`, version 1: what one benchmark of one service found. Written by the load generator after every
 * point, read by the collector and the reports.
 */

const count = z.int().nonnegative();

/**
 * Exact nearest-rank percentiles over the successful measured requests, in milliseconds: with n samples in
 * ascending order, pX is number ⌈X·n/100⌉. All three are null when there is no sample (no request succeeded, or,
 * for TPOT, no answer had two tokens that arrived apart): a missing latency must not read as a fast one.
 */
export const percentilesSchema = z.object({
  p50: z.number().nonnegative().nullable(),
  p90: z.number().nonnegative().nullable(),
  p99: z.number().nonnegative().nullable(),
});
export type Percentiles = z.infer<typeof percentilesSchema>;

/**
 * One concurrency, held by a closed loop of that many workers.
 *
 * The measured window runs from the start of the first measured request to the end of the last one. Warm-up
 * requests flow into it without a pause and are in none of the numbers but `warmup`.
 */
export const pointSchema = z.object({
  concurrency: z.int().positive(),
  /** What else was swept, under the recipe's names; `prompt` counts the recipe's list, from 1. */
  settings: z
    .object({
      max_tokens: z.int().positive().optional(),
      requests: z.int().positive().optional(),
      temperature: z.number().nonnegative().optional(),
      prompt: z.int().positive().optional(),
    })
    .optional(),
  /** Which time this point was measured, from 1; only when each is measured several times. */
  repeat: z.int().positive().optional(),
  startedAt: z.iso.datetime(),
  warmup: z.object({ requests: count, errors: count }),
  /** Measured requests that ended by themselves: the good ones and `errors`. */
  requests: count,
  errors: count,
  /** `errors` by kind (see `ErrorKind` of the request records). */
  errorKinds: z.record(z.string(), count),
  /** Length of the measured window in seconds; 0 when nothing was measured. */
  durationS: z.number().nonnegative(),
  /** Time to first token: first chunk with text − start of the request. */
  ttftMs: percentilesSchema,
  /** Time per output token after the first: (last chunk − first chunk) / (output tokens − 1), per request. */
  tpotMs: percentilesSchema,
  /** End to end: last chunk with text − start of the request. */
  e2eMs: percentilesSchema,
  /** Σ over successful requests as the server counted; null when it left one out. */
  inputTokens: count.nullable(),
  /** Σ over successful requests as the server counted. */
  outputTokens: count,
  /** `outputTokens` / `durationS`. */
  outputTokensPerS: z.number().nonnegative(),
  /** Successful requests / `durationS`. */
  requestsPerS: z.number().nonnegative(),
  /** Little's law, L = X·W: measured requests/s × their mean time in flight. Should be `concurrency`. */
  meanConcurrency: z.number().nonnegative(),
  /** How the generator itself was doing during the measured window. */
  self: z.object({
    /** 99th percentile of how late the event loop ran, in ms. */
    loopDelayP99Ms: z.number().nonnegative(),
    /** CPU time used / time passed; 1 is one whole core. */
    cpuShare: z.number().nonnegative(),
  }),
  validity: z.array(validityCodeSchema),
});
export type Point = z.infer<typeof pointSchema>;

/**
 * Why a result is not `ok`.
 * - `unfinished`: what stands in the file while the benchmark runs; final only when it was killed or broke
 * - `unreachable`: the server did not answer before the first point
 * - `stopped-answering`: so many failures in a row that going on made no sense
 * - `no-success`: a point had no good request
 * - `too-many-errors`: a point's share of errors was over `maxErrorShare`
 * - `terminated`: SIGTERM or SIGINT, usually scancel or the time limit
 */
export const failureReasonSchema = z.enum([
  'unfinished',
  'unreachable',
  'stopped-answering',
  'no-success',
  'too-many-errors',
  'terminated',
]);
export type FailureReason = z.infer<typeof failureReasonSchema>;

const measured = {
  v: z.literal(1),
  generator: z.object({ version: z.string(), node: z.string(), host: z.string() }),
  target: z.object({
    url: z.url(),
    model: z.string(),
    /** As the server reports it; null when it does not. */
    serverVersion: z.string().nullable(),
  }),
  /** Unique to this run; the nonces in front of the prompts are derived from it. */
  runId: z.string(),
  /** What was asked, with the defaults filled in. */
  config: z.record(z.string(), z.unknown()),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** In the order measured. The last one of a failed result may be partial (`INCOMPLETE`). */
  points: z.array(pointSchema),
  /** Every code that any point carries, once. */
  validity: z.array(validityCodeSchema),
};

export const resultSchema = z.discriminatedUnion('status', [
  z.object({
    ...measured,
    status: z.literal('ok'),
    // The promise `ok` makes: every point measured real tokens.
    points: z
      .array(
        pointSchema.refine((point) => point.outputTokens > 0, 'an ok result needs tokens in every point'),
      )
      .min(1),
  }),
  z.object({
    ...measured,
    status: z.literal('failed'),
    reason: failureReasonSchema,
    /** One sentence for a person: what happened and where to look. */
    message: z.string(),
  }),
]);
export type Result = z.infer<typeof resultSchema>;
