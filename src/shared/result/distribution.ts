import * as z from 'zod';

const ms = z.number().nullable();

/**
 * Samples in milliseconds, as exact nearest-rank percentiles: with n samples in ascending order, pX is number
 * ⌈X·n/100⌉. All are null when there is no sample: a missing latency must not read as a fast one.
 */
export const distributionSchema = z.object({
  n: z.int().nonnegative().optional(),
  mean: ms.optional(),
  /** Of the sample: divided by n − 1. */
  sd: ms.optional(),
  min: ms.optional(),
  p1: ms.optional(),
  p5: ms.optional(),
  p10: ms.optional(),
  p25: ms.optional(),
  p50: ms,
  p75: ms.optional(),
  p90: ms,
  p95: ms.optional(),
  p99: ms,
  /** Meant only from about 10,000 samples on. */
  p999: ms.optional(),
  max: ms.optional(),
});
export type Distribution = z.infer<typeof distributionSchema>;
