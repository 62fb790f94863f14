import type { Distribution } from '../../shared/result/distribution.ts';
import type { Point } from '../../shared/result/point.ts';

/** The one line a person sees on stdout when a point is done. */
export function describePoint(number: number, points: number, point: Point): string {
  const kinds = Object.entries(point.errorKinds).map(([kind, count]) => `${count} ${kind}`);
  const errors = kinds.length > 0 ? `${point.errors} errors (${kinds.join(', ')})` : '0 errors';
  const notes = point.validity.length > 0 ? `  [${point.validity.join(' ')}]` : '';
  const speed =
    point.outputTokens > 0 ? `ttft ${milliseconds(point.ttftMs)}  tpot ${milliseconds(point.tpotMs)}  ` : '';
  const rate =
    point.outputTokens > 0
      ? `${point.outputTokensPerS.toFixed(1)} tokens/s`
      : `${point.requestsPerS.toFixed(1)} requests/s`;
  return (
    `point ${number}/${points}  ${pointWords(point)}: ` +
    `${point.requests} requests, ${errors}, ${point.durationS.toFixed(1)} s` +
    `  ${speed}e2e ${milliseconds(point.e2eMs)}  ${rate}${notes}`
  );
}

/** `concurrency 4, max_tokens 64, repeat 2`. */
export const pointWords = ({
  name,
  concurrency,
  repeat,
}: Pick<Point, 'name' | 'concurrency' | 'repeat'>): string =>
  `${name ?? `concurrency ${concurrency}`}${repeat === undefined ? '' : `, repeat ${repeat}`}`;

function milliseconds({ p50, p99 }: Distribution): string {
  return p50 === null || p99 === null ? '-' : `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`;
}
