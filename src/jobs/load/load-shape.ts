import { z } from 'zod';
import { duration } from '../../shared/yaml/duration.ts';
import { nonEmpty } from '../recipe-schema.ts';

const rate = z.number().positive().max(1_000_000);
const count = z.number().int().min(1).max(1_000_000);

/**
 * Open load: when a request is sent does not depend on the answers, so a stall of the server is in the numbers of all
 * whom it would have held up. One of the shapes; the rest is optional.
 */
export const loadShape = z.strictObject({
  /** Requests a second: always the same, or from one rate to another. */
  rate: z
    .union([
      rate,
      z.strictObject({ from: rate, to: rate, curve: z.enum(['linear', 'exponential']).optional() }),
    ])
    .optional(),
  /** One rate after another. */
  stages: z
    .array(z.strictObject({ rate: z.number().nonnegative().max(1_000_000), duration }))
    .min(1)
    .max(1_000)
    .optional(),
  /** So many at once, again and again. */
  burst: z.strictObject({ size: count, every: duration }).optional(),
  /** A trace beside the recipe: a line a request, seconds, or {"at": seconds}. */
  replay: nonEmpty.optional(),
  /** So many, all at once. */
  offline: z.number().int().min(1).max(10_000_000).optional(),
  /** Of a rate or stages: how requests are spread around it. */
  arrivals: z
    .union([z.enum(['poisson', 'constant']), z.strictObject({ gamma: z.number().min(0.01).max(20) })])
    .optional(),
  /** Of a trace: how many times as fast. */
  speed: z.number().positive().max(1_000_000).optional(),
  /** Most requests in flight; one that is due then waits, or is dropped and counted. */
  cap: z.strictObject({ in_flight: count, policy: z.enum(['queue', 'drop']).optional() }).optional(),
});
export type LoadShape = z.infer<typeof loadShape>;
