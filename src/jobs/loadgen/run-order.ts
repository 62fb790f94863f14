import type { Point } from '../../shared/result/point.ts';
import type { LoadgenConfig, PointConfig } from './config.ts';
import { randomStream } from './schedule/random.ts';
import { loadAt, nextValue, searchName } from './search.ts';

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

/** Most points that will be measured. */
export const mostTurns = (config: LoadgenConfig): number =>
  config.search?.points ?? config.points.length * config.repeats;

/** What is to be measured after these points; undefined when that was all. */
export function nextTurn(config: LoadgenConfig, done: readonly Point[]): Turn | undefined {
  const { search, points } = config;
  if (!search) return runOrder(config).find((turn) => !done.some((point) => isSame(point, turn)));
  const value = nextValue(search, done);
  const [like] = points;
  if (value === undefined || !like) return undefined;
  const plan = { ...like, name: searchName(search.of, value), load: loadAt(like.load, value) };
  return { point: done.length + 1, repeat: 1, once: true, plan };
}

/** A point of this name that is there already need not be measured again. */
export const isSame = (point: Point, { plan, repeat }: Turn): boolean =>
  point.name === plan.name && (point.repeat ?? 1) === repeat;
