import { randomGamma } from 'd3-random';
import * as z from 'zod';
import type { Random } from './random.ts';

/** How requests are spread around the intended rate. */
export const arrivalsSchema = z.discriminatedUnion('process', [
  /** Evenly: the k-th of n in the middle of its n-th part. */
  z.strictObject({ process: z.literal('constant') }),
  /** As from many independent people: exponential gaps. */
  z.strictObject({ process: z.literal('poisson') }),
  /** Gamma gaps. Coefficient of variation `cv`: 1 is Poisson, above it bursty, below it smooth. */
  z.strictObject({ process: z.literal('gamma'), cv: z.number().min(0.01).max(20) }),
]);
export type Arrivals = z.infer<typeof arrivalsSchema>;

/**
 * `count` places in (0, 1), ascending. The gaps are drawn and then scaled so that all of them fit: a process
 * conditioned on its count. For exponential gaps these are exactly the order statistics of a uniform distribution,
 * which is what a Poisson process is once its number of arrivals is known. So the rate is met without seed noise.
 */
export function spread(arrivals: Arrivals, count: number, random: Random): Float64Array {
  const places = new Float64Array(count);
  if (arrivals.process === 'constant') {
    for (let k = 0; k < count; k++) places[k] = (k + 0.5) / count;
    return places;
  }
  const gap = gapsOf(arrivals, random);
  let sum = 0;
  for (let k = 0; k < count; k++) {
    sum += gap();
    places[k] = sum;
  }
  // The gap after the last one belongs to the whole, too.
  const whole = sum + gap();
  for (let k = 0; k < count; k++) places[k] = (places[k] ?? 0) / whole;
  return places;
}

function gapsOf(arrivals: Exclude<Arrivals, { process: 'constant' }>, random: Random): () => number {
  switch (arrivals.process) {
    case 'poisson':
      return () => -Math.log1p(-random());
    case 'gamma': {
      // mean 1 and standard deviation cv
      const shape = 1 / arrivals.cv ** 2;
      return randomGamma.source(random)(shape, 1 / shape);
    }
    default:
      return arrivals satisfies never;
  }
}
