import { UsageError } from '../../shared/errors.ts';
import type { ValidityCode } from '../../shared/result/validity.ts';
import { holm } from '../../shared/statistics/holm.ts';
import { type RatioInterval, ratioInterval } from '../../shared/statistics/ratio-interval.ts';
import { independent, type Over } from './estimate.ts';
import { groupBy } from './group-by.ts';
import { type Measurement, measurementsOf, type Variant, variantsOf } from './measurements.ts';
import type { Measured } from './metrics.ts';
import { type Difference, planDifferences } from './plan-differences.ts';
import type { ReportSession } from './read-session.ts';

export type Verdict = 'better' | 'worse' | 'no evidence';

/** One metric of one point, on both sides. */
export interface Compared {
  /** The combination of the matrix, where there are several. */
  variant: string;
  client: string;
  point: string;
  metric: string;
  unit: string;
  better: 'higher' | 'lower';
  a: Side;
  b: Side;
  /** b / a, of geometric means; null when one of them is 0. */
  ratio: number | null;
  /** Where the ratio lies with 95 % confidence; null without repeats on both sides. */
  interval: { low: number; high: number } | null;
  /** How likely such a difference is by chance, after Holm's correction over all lines; null without repeats. */
  p: number | null;
  verdict: Verdict;
  /** Worse, and by more than what `failOn` allows. */
  fails: boolean;
}

interface Side {
  mean: number;
  n: number;
  over: Over;
}

export interface Comparison {
  v: 1;
  a: string[];
  b: string[];
  samePlan: boolean;
  differences: Difference[];
  compared: Compared[];
  /** Points that only one side has. */
  onlyA: string[];
  onlyB: string[];
  /** What must be known before believing either side's numbers. */
  validity: { a: ValidityCode[]; b: ValidityCode[] };
  overall: Verdict | 'mixed';
  /** Why there is no evidence, where the reason is the same for all. */
  note?: string;
  failed: boolean;
}

/** Differences by chance are accepted as real this often, over all lines of a comparison together. */
const ALPHA = 0.05;

export interface CompareOptions {
  /** Names of metrics; none: the main ones. */
  metrics?: readonly string[];
  /** 0.05: a verdict of worse by more than 5 % fails. */
  failOn?: number;
}

/** `b` against `a`. @throws UsageError when a side measured nothing, or no metric has such a name. */
export function compareSessions(
  a: readonly ReportSession[],
  b: readonly ReportSession[],
  { metrics, failOn }: CompareOptions = {},
): Comparison {
  const [left, right] = [sideOf(a), sideOf(b)];
  const wanted = wantedMetrics([...left.measurements, ...right.measurements], metrics);
  // With one combination on each side, what it is called is a difference between plans and no place.
  const single = left.variants.length === 1 && right.variants.length === 1;
  const [one, other] = [byLine(left, single, wanted), byLine(right, single, wanted)];
  const pairs = [...one].flatMap(([key, first]) => {
    const second = other.get(key);
    return second ? [compareLine(first, second)] : [];
  });
  if (pairs.length === 0)
    throw new UsageError(
      'the two have no point in common',
      `A: ${pointsOf(one).join('; ') || 'nothing measured'}. B: ${pointsOf(other).join('; ') || 'nothing measured'}.`,
    );
  const adjusted = holm(pairs.map(({ p }) => p ?? 1));
  const compared = pairs.map((pair, at) => judge(pair, adjusted[at] ?? 1, failOn));
  const differences = planDifferences(a, b);
  const note = whyNoEvidence(compared);
  return {
    v: 1,
    a: a.map(({ record }) => record.id),
    b: b.map(({ record }) => record.id),
    samePlan: differences.length === 0,
    differences,
    compared,
    onlyA: pointsOf(one).filter((point) => !pointsOf(other).includes(point)),
    onlyB: pointsOf(other).filter((point) => !pointsOf(one).includes(point)),
    validity: { a: codesOf(left), b: codesOf(right) },
    overall: overallOf(compared),
    ...(note === undefined ? {} : { note }),
    failed: compared.some(({ fails }) => fails),
  };
}

interface Loaded {
  variants: Variant[];
  measurements: Measurement[];
}

function sideOf(sessions: readonly ReportSession[]): Loaded {
  const variants = variantsOf(sessions);
  return { variants, measurements: measurementsOf(sessions, variants) };
}

function wantedMetrics(
  all: readonly Measurement[],
  names: readonly string[] = [],
): (one: Measured) => boolean {
  if (names.length === 0) return ({ main }) => main;
  const known = new Set(all.flatMap(({ metrics }) => metrics.filter(hasBetter).map(({ name }) => name)));
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  for (const name of wanted)
    if (![...known].some((each) => each.toLowerCase() === name))
      throw new UsageError(`neither has a metric '${name}'`, `There are: ${[...known].join(', ')}.`);
  return ({ name }) => wanted.has(name.toLowerCase());
}

const hasBetter = ({ better }: Measured): boolean => better !== null;

interface Line {
  variant: string;
  client: string;
  point: string;
  metric: Measured;
  found: { session: string; value: number }[];
}

function byLine({ measurements }: Loaded, single: boolean, wanted: (one: Measured) => boolean) {
  const flat = measurements.flatMap(({ session, variant, client, point, metrics }) =>
    metrics
      .filter((metric) => hasBetter(metric) && wanted(metric))
      .map((metric) => ({ session, variant: single ? '' : variant, client, point, metric })),
  );
  const keyOf = ({ variant, client, point, metric }: (typeof flat)[number]) =>
    JSON.stringify([variant, client, point, metric.name]);
  return new Map(
    [...groupBy(flat, keyOf)].map(([key, all]): [string, Line] => {
      const [{ variant, client, point, metric }] = all as [(typeof flat)[number]];
      return [
        key,
        {
          variant,
          client,
          point,
          metric,
          found: all.map(({ session, metric: { value } }) => ({ session, value })),
        },
      ];
    }),
  );
}

const pointsOf = (lines: Map<string, Line>): string[] => [
  ...new Set(
    [...lines.values()].map(({ variant, client, point }) =>
      [variant, client, point].filter((word) => word !== '').join(', '),
    ),
  ),
];

type Pair = Omit<Compared, 'verdict' | 'fails'>;

function compareLine(first: Line, second: Line): Pair {
  const [a, b] = [independent(first.found), independent(second.found)];
  const found: RatioInterval | undefined = ratioInterval(a.values, b.values);
  const { variant, client, point, metric } = first;
  return {
    variant,
    client,
    point,
    metric: metric.name,
    unit: metric.unit,
    better: metric.better ?? 'higher',
    a: { mean: mean(a.values), n: a.values.length, over: a.over },
    b: { mean: mean(b.values), n: b.values.length, over: b.over },
    ratio: found?.ratio ?? null,
    interval: found?.interval ? { low: found.interval.low, high: found.interval.high } : null,
    p: found?.interval?.p ?? null,
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function judge(pair: Pair, adjusted: number, failOn: number | undefined): Compared {
  const { p, ratio, better } = pair;
  if (p === null || ratio === null) return { ...pair, verdict: 'no evidence', fails: false };
  const evident = adjusted < ALPHA && ratio !== 1;
  const verdict: Verdict = !evident
    ? 'no evidence'
    : ratio > 1 === (better === 'higher')
      ? 'better'
      : 'worse';
  const fails = verdict === 'worse' && failOn !== undefined && worsening(ratio, better) > failOn;
  return { ...pair, p: adjusted, verdict, fails };
}

/** 0.05: five per cent slower, or five per cent less. */
const worsening = (ratio: number, better: 'higher' | 'lower'): number =>
  better === 'higher' ? 1 - ratio : ratio - 1;

function overallOf(compared: readonly Compared[]): Comparison['overall'] {
  const found = new Set(compared.map(({ verdict }) => verdict));
  if (found.has('better') && found.has('worse')) return 'mixed';
  return found.has('worse') ? 'worse' : found.has('better') ? 'better' : 'no evidence';
}

function whyNoEvidence(compared: readonly Compared[]): string | undefined {
  if (compared.some(({ p }) => p !== null)) return undefined;
  if (compared.every(({ a, b }) => a.n === 1 && b.n === 1))
    return 'one run each: without repeats nothing is known about their spread';
  return 'at least one side has one run only: an interval needs repeats on both';
}

const codesOf = ({ measurements }: Loaded): ValidityCode[] => [
  ...new Set(measurements.flatMap((one) => (one.is === 'load' ? one.load.validity : one.result.validity))),
];
