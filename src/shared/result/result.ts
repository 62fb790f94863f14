import * as z from 'zod';
import { pointSchema } from './point.ts';
import { searchResultSchema } from './search.ts';
import { validityCodeSchema } from './validity.ts';

/**
 * `result.json`, version 1: what one benchmark of one service found. Written by the load generator after every
 * point, read by the collector and the reports.
 */

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
    /** null where there is none: plain HTTP. */
    model: z.string().nullable(),
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
  /** Of a search only. */
  search: searchResultSchema.optional(),
  /** Every code that any point carries, once. */
  validity: z.array(validityCodeSchema),
};

export const resultSchema = z.discriminatedUnion('status', [
  z.object({
    ...measured,
    status: z.literal('ok'),
    // The promise `ok` makes: every point measured something, and of a model real tokens.
    points: z
      .array(
        pointSchema.refine(
          (point) => point.requests > point.errors,
          'an ok result needs answers in every point',
        ),
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
