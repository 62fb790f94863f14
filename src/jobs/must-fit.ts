import { durationWords } from '../shared/yaml/duration.ts';
import type { ClientContext } from './client.ts';

/** A client that cannot end before Slurm ends it is a mistake before it waits in a queue. */
export function mustFit(
  context: ClientContext,
  at: readonly PropertyKey[],
  points: number,
  durationS: number | undefined,
  repeat = 1,
): void {
  const limit = context.timeLimitS;
  if (durationS === undefined || limit === undefined || points * repeat * durationS < limit) return;
  const times = repeat === 1 ? `${points} ×` : `${points} × ${repeat} ×`;
  context.problem(
    at,
    `does not fit: ${times} ${durationWords(durationS)} is ${durationWords(points * repeat * durationS)}, ` +
      `and the time limit is ${durationWords(limit)}`,
  );
}
