import type { Percentiles, Point } from '../../shared/result/result.ts';
import { pointWords } from './list-points.ts';

/** The one line a person sees on stdout when a point is done. */
export function describePoint(number: number, points: number, point: Point): string {
  const kinds = Object.entries(point.errorKinds).map(([kind, count]) => `${count} ${kind}`);
  const errors = kinds.length > 0 ? `${point.errors} errors (${kinds.join(', ')})` : '0 errors';
  const notes = point.validity.length > 0 ? `  [${point.validity.join(' ')}]` : '';
  return (
    `point ${number}/${points}  ${pointWords(point)}: ` +
    `${point.requests} requests, ${errors}, ${point.durationS.toFixed(1)} s` +
    `  ttft ${milliseconds(point.ttftMs)}  tpot ${milliseconds(point.tpotMs)}  e2e ${milliseconds(point.e2eMs)}` +
    `  ${point.outputTokensPerS.toFixed(1)} tokens/s${notes}`
  );
}

function milliseconds({ p50, p99 }: Percentiles): string {
  return p50 === null || p99 === null ? '-' : `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`;
}
