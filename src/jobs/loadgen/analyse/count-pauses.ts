import * as z from 'zod';

/** One line of `pauses.jsonl`: how often which pause between two pieces of text occurred in one go at a point. */
export const pauseCountsSchema = z.object({
  v: z.literal(1),
  point: z.int().positive(),
  repeat: z.int().positive(),
  pauses: z.array(z.tuple([z.number().nonnegative(), z.int().positive()])),
});
export type PauseCounts = z.infer<typeof pauseCountsSchema>;

/** Four digits: their error of 0.05 % is less than a clock's, and a line holds some thousands of them, not millions. */
const DIGITS = 4;

/** In milliseconds, ascending. */
export function countPauses(pauses: Float64Array): [ms: number, count: number][] {
  const counts = new Map<number, number>();
  for (const pause of pauses) {
    const ms = Number(Math.max(0, pause).toPrecision(DIGITS));
    counts.set(ms, (counts.get(ms) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}
