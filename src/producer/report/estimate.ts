import { type MeanInterval, meanInterval, meanOf } from '../../shared/statistics/mean-interval.ts';
import { groupBy } from './group-by.ts';

/** What the spread of an estimate is taken over. */
export type Over = 'sessions' | 'repeats' | 'nothing';

export interface Samples {
  over: Over;
  values: number[];
}

/**
 * The values that may count as independent. Repeats on one warm service share its node, its memory and its luck:
 * where several sessions measured the same, each of them is one value, the mean of its repeats. Else the repeats are
 * all there is.
 */
export function independent(found: readonly { session: string; value: number }[]): Samples {
  const sessions = groupBy(found, ({ session }) => session);
  if (sessions.size > 1) {
    const values = [...sessions.values()].map((each) => meanOf(each.map(({ value }) => value)));
    return { over: 'sessions', values };
  }
  const values = found.map(({ value }) => value);
  return { over: values.length > 1 ? 'repeats' : 'nothing', values };
}

export type Estimate = MeanInterval & { over: Over };

export function estimate(found: readonly { session: string; value: number }[]): Estimate | null {
  if (found.length === 0) return null;
  const { over, values } = independent(found);
  return { ...meanInterval(values), over };
}
