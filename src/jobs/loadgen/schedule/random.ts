import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Numbers in [0, 1), the same ones for the same words on every machine. */
export type Random = () => number;

/**
 * A stream of its own for each purpose: what one part of a benchmark draws never shifts what another one gets.
 * @param words what the stream is for, e.g. the run's seed, 'arrivals', the point's name
 */
export function randomStream(...words: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(JSON.stringify(words)).digest();
  const generator = xoroshiro128plus(digest.readInt32LE(0));
  return () => uniformFloat64(generator);
}
