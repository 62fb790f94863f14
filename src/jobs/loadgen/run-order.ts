import type { LoadgenConfig, PointConfig } from './config.ts';
import { randomStream } from './schedule/random.ts';

/** One go at one point. */
export interface Turn {
  /** Its place in the recipe's list, from 1. */
  point: number;
  /** Which go, from 1. */
  repeat: number;
  /** Each point is measured once only: then the result does not count. */
  once: boolean;
  plan: PointConfig;
}

/** Round by round: every point once before any comes again, so that what drifts over time hits all of them alike. */
export function runOrder({ points, repeats, order, seed }: LoadgenConfig): Turn[] {
  return Array.from({ length: repeats }, (_, round) => {
    const turns = points.map(
      (plan, at): Turn => ({ point: at + 1, repeat: round + 1, once: repeats === 1, plan }),
    );
    if (order === 'given') return turns;
    const random = randomStream('turns', seed, round);
    const drawn = turns.map((turn) => ({ turn, at: random() }));
    return drawn.sort((a, b) => a.at - b.at).map(({ turn }) => turn);
  }).flat();
}
