import type { LoadgenConfigInput } from '../loadgen/config.ts';
import type { SweepAxes } from './load-parameters.ts';

type Points = NonNullable<LoadgenConfigInput['points']>;

/**
 * Every combination of the axes, each in the order in which its values are written: prompts slowest, then
 * max_tokens, temperature and requests; concurrency fastest.
 */
export function sweepPoints(
  { prompt, max_tokens, temperature, requests }: SweepAxes,
  concurrency: readonly number[],
): Points {
  return cross(prompt?.map((_, index) => ({ prompt: index + 1 })))
    .flatMap((point) =>
      cross(
        max_tokens?.map((maxTokens) => ({ ...point, maxTokens })),
        point,
      ),
    )
    .flatMap((point) =>
      cross(
        temperature?.map((value) => ({ ...point, temperature: value })),
        point,
      ),
    )
    .flatMap((point) =>
      cross(
        requests?.map((value) => ({ ...point, requests: value })),
        point,
      ),
    )
    .flatMap((point) => concurrency.map((value) => ({ ...point, concurrency: value })));
}

/** An axis that is not swept leaves the point as it is. */
const cross = <Point extends object>(points: Point[] | undefined, point = {} as Point): Point[] =>
  points ?? [point];
