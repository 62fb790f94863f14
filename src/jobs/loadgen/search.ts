import * as z from 'zod';
import type { Point } from '../../shared/result/point.ts';
import type { SearchResult } from '../../shared/result/search.ts';
import { ValidityCode } from '../../shared/result/validity.ts';
import type { Load } from './load.ts';

const value = z.number().positive().max(1_000_000);
const goal = z.number().positive().optional();

/** The highest load that meets these goals, found in a bounded number of points. */
export const searchSchema = z
  .strictObject({
    of: z.enum(['rate', 'concurrency']),
    from: value,
    to: value,
    /** Most points that are measured. */
    points: z.int().min(2).max(100).default(8),
    /** 99th percentiles, in ms, and the largest share of requests without a good answer. */
    goals: z.strictObject({
      ttftMs: goal,
      tpotMs: goal,
      e2eMs: goal,
      errorShare: z.number().min(0).max(1).default(0.01),
    }),
  })
  .refine(({ from, to }) => from <= to, { error: 'is below from', path: ['to'] });
export type Search = z.infer<typeof searchSchema>;

/** Nearer than this the next point would tell noise from noise. */
const CLOSE = 1.03;

/** What the next point is to be; undefined when the search is over. Twice as much until one misses, then between. */
export function nextValue(search: Search, points: readonly Point[]): number | undefined {
  const { from, to } = search;
  if (points.length === 0) return from;
  if (points.length >= search.points) return undefined;
  const { met, missed } = searchResult(search, points);
  if (met === null) return undefined;
  if (missed === null) return met >= to ? undefined : Math.min(to, met * 2);
  if (missed / met <= CLOSE) return undefined;
  const middle = Math.sqrt(met * missed);
  const next = search.of === 'rate' ? Number(middle.toPrecision(3)) : Math.round(middle);
  return next > met && next < missed ? next : undefined;
}

export function searchResult({ of, goals }: Search, points: readonly Point[]): SearchResult {
  const judged = points.map((point) => ({ value: loadOf(point), why: whyMissed(point, goals) }));
  // A load that met the goals above one that did not was luck.
  const lowest = judged
    .filter(({ why }) => why !== undefined)
    .sort((a, b) => a.value - b.value)
    .at(0);
  const below = judged.filter(
    ({ value, why }) => why === undefined && value < (lowest?.value ?? Number.POSITIVE_INFINITY),
  );
  const met = below.length === 0 ? null : Math.max(...below.map(({ value }) => value));
  return { of, met, missed: lowest?.value ?? null, why: lowest?.why ?? null };
}

export const searchName = (of: Search['of'], value: number): string => `${of} ${value}`;
const loadOf = ({ name = '' }: Point): number => Number(name.split(' ')[1]);

/** The template's load at another rate or concurrency. */
export function loadAt(load: Load, value: number): Load {
  if (load.is === 'closed') return { ...load, concurrency: value };
  if (load.load.open !== 'rate' || load.load.profile.shape !== 'constant') return load;
  return { ...load, load: { ...load.load, profile: { ...load.load.profile, rate: value } } };
}

/** Which goal a point missed, in words; undefined when it met all of them. */
function whyMissed(point: Point, goals: Search['goals']): string | undefined {
  const { requests, errors, dropped = 0, incomplete = 0 } = point;
  const bad = errors + dropped + incomplete;
  const all = requests + dropped + incomplete;
  if (requests <= errors) return 'no request succeeded';
  if (bad > goals.errorShare * all)
    return `${bad} of ${all} requests had no good answer, and ${goals.errorShare * 100} % is the goal`;
  for (const [name, key] of [
    ['TTFT', 'ttftMs'],
    ['TPOT', 'tpotMs'],
    ['E2E', 'e2eMs'],
  ] as const) {
    const most = goals[key];
    if (most === undefined) continue;
    const { p99 } = point[key];
    if (!(p99 !== null && p99 <= most))
      return `${name} p99 is ${p99 === null ? 'unknown' : `${p99} ms`}, and ${most} ms is the goal`;
  }
  if (point.validity.includes(ValidityCode.oversaturated)) return 'more and more requests were in flight';
  if (point.validity.includes(ValidityCode.rateMissed)) return 'the rate was not reached';
  if (point.validity.includes(ValidityCode.incomplete)) return 'the point did not come to its end';
  return undefined;
}
