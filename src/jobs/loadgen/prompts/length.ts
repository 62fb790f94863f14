import { randomLogNormal, randomNormal } from 'd3-random';
import * as z from 'zod';
import type { Random } from '../schedule/random.ts';

const amount = z.int().min(1).max(1_000_000);

/** How long something is, in tokens or words: always the same, or drawn from a distribution. */
export const lengthSchema = z.union([
  amount,
  z.strictObject({ min: amount, max: amount }).refine(({ min, max }) => min <= max, 'min is above max'),
  /** Normal around `mean`, cut off at `min` and `max`. */
  z.strictObject({
    mean: amount,
    sd: z.number().nonnegative(),
    min: amount.default(1),
    max: amount.default(1_000_000),
  }),
  /** Log-normal with this median: many short ones, a few very long. `sigma` 1 is a wide one. */
  z.strictObject({
    median: amount,
    sigma: z.number().nonnegative().max(5),
    min: amount.default(1),
    max: amount.default(1_000_000),
  }),
]);
export type Length = z.infer<typeof lengthSchema>;

export function drawLength(length: Length, random: Random): number {
  if (typeof length === 'number') return length;
  if ('mean' in length) return clamp(randomNormal.source(random)(length.mean, length.sd)(), length);
  if ('median' in length) {
    return clamp(randomLogNormal.source(random)(Math.log(length.median), length.sigma)(), length);
  }
  return length.min + Math.floor(random() * (length.max - length.min + 1));
}

const clamp = (value: number, { min, max }: { min: number; max: number }): number =>
  Math.min(max, Math.max(min, Math.round(value)));
