import { z } from 'zod';
import { fineDuration } from '../../shared/yaml/duration.ts';
import type { ClientContext } from '../client.ts';
import type { LoadgenConfigInput } from '../loadgen/config.ts';

const FROM = 'Where it begins; then twice as much until one misses a goal, then in between.';
const TO = 'Never more.';
const rate = z.number().positive().max(1_000_000);
const inFlight = z.number().int().min(1).max(4096);

/** A search in the place of a sweep: of a rate (open load) or of a concurrency (closed load). */
export const searchShape = z.strictObject({
  rate: z
    .strictObject({ from: rate.describe(FROM), to: rate.describe(TO) })
    .optional()
    .describe('Of requests a second (open load).'),
  concurrency: z
    .strictObject({ from: inFlight.describe(FROM), to: inFlight.describe(TO) })
    .optional()
    .describe('Of requests in flight at the same time (closed load).'),
  goals: z
    .strictObject({
      ttft: fineDuration.optional().describe('p99 of the time to the first token.'),
      tpot: fineDuration.optional().describe('p99 of the time per output token after the first.'),
      e2e: fineDuration.optional().describe('p99 from the request to the end of the answer.'),
      errors: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe('Largest share of requests without a good answer: 0.01 without it.'),
    })
    .describe('What a load must meet, all of it.'),
  points: z
    .number()
    .int()
    .min(2)
    .max(100)
    .optional()
    .describe('Most points that are measured: 8 without it.'),
});
type SearchShape = z.infer<typeof searchShape>;

/** The sweep of one that a search begins with. */
export const firstOf = ({ rate, concurrency }: SearchShape) =>
  rate ? { rate: [rate.from] } : { concurrency: [concurrency?.from ?? 1] };

/** As the load generator is told it. */
export function planSearch(
  search: SearchShape,
  streams: boolean,
  context: ClientContext,
): LoadgenConfigInput['search'] {
  const { rate, concurrency, goals, points } = search;
  const range = rate ?? concurrency ?? { from: 1, to: 1 };
  if (!rate === !concurrency) context.problem(['search'], 'needs either rate or concurrency: {from, to}');
  if (range.to < range.from) {
    context.problem(['search', rate ? 'rate' : 'concurrency', 'to'], 'is below from');
    range.to = range.from;
  }
  for (const key of ['ttft', 'tpot'] as const) {
    if (goals[key] !== undefined && !streams)
      context.problem(['search', 'goals', key], 'is for answers that come token by token; give e2e');
  }
  return {
    of: rate ? 'rate' : 'concurrency',
    ...range,
    points,
    goals: { ttftMs: goals.ttft, tpotMs: goals.tpot, e2eMs: goals.e2e, errorShare: goals.errors },
  };
}
