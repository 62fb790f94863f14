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
  rate: z
    .union([
      rate,
      z.strictObject({
        from: rate.describe('At the beginning of the duration.'),
        to: rate.describe('At its end.'),
        curve: z.enum(['linear', 'exponential']).optional().describe('linear without it.'),
      }),
    ])
    .optional()
    .describe('Requests a second: always the same, or from one rate to another.'),
  stages: z
    .array(
      z.strictObject({
        rate: z.number().nonnegative().max(1_000_000).describe('Requests a second.'),
        duration: duration.describe('For so long.'),
      }),
    )
    .min(1)
    .max(1_000)
    .optional()
    .describe('One rate after another.'),
  burst: z
    .strictObject({ size: count.describe('So many.'), every: duration.describe('From one to the next.') })
    .optional()
    .describe('So many at once, again and again.'),
  replay: nonEmpty
    .optional()
    .describe('A trace beside the recipe: a line a request, seconds, or {"at": seconds}.'),
  offline: z.number().int().min(1).max(10_000_000).optional().describe('So many, all at once.'),
  arrivals: z
    .union([
      z.enum(['poisson', 'constant']),
      z.strictObject({
        gamma: z
          .number()
          .min(0.01)
          .max(20)
          .describe('The shape: below 1 burstier than poisson, above 1 calmer.'),
      }),
    ])
    .optional()
    .describe('Of a rate or stages: how requests are spread around it; poisson without it.'),
  speed: z.number().positive().max(1_000_000).optional().describe('Of a trace: how many times as fast.'),
  cap: z
    .strictObject({
      in_flight: count.describe('At the same time.'),
      policy: z.enum(['queue', 'drop']).optional().describe('queue without it.'),
    })
    .optional()
    .describe('Most requests in flight; one that is due then waits, or is dropped and counted.'),
});
export type LoadShape = z.infer<typeof loadShape>;
