import type { Compared, Comparison } from '../producer/report/compare-sessions.ts';
import { number } from './show-results.ts';
import { table } from './table.ts';

const OVERALL: Readonly<Record<Comparison['overall'], string>> = {
  better: 'B is better',
  worse: 'B is worse',
  mixed: 'B is better in some and worse in others',
  'no evidence': 'no evidence of a difference',
};

export function compareText(comparison: Comparison): string {
  const { a, b, samePlan, differences, compared, onlyA, onlyB, validity, overall, note } = comparison;
  return [
    `A  ${a.join(' ')}`,
    `B  ${b.join(' ')}`,
    samePlan ? 'the same plan on both sides' : 'different plans; what differs:',
    ...(samePlan ? [] : [indented(differencesTable(differences))]),
    '',
    comparedTable(compared),
    '',
    ...only('A', onlyA),
    ...only('B', onlyB),
    ...codes('A', validity.a),
    ...codes('B', validity.b),
    `${OVERALL[overall]}${note ? ` (${note})` : ''}`,
    ...(compared.some(({ p }) => p !== null) ? [METHOD] : []),
    ...failing(compared),
  ].join('\n');
}

const METHOD =
  'intervals: 95 %, Welch, of the ratio of geometric means; verdicts: 5 % over all lines together (Holm)';

const indented = (text: string): string => text.replace(/^/gm, '  ');

const only = (side: string, points: readonly string[]): string[] =>
  points.length === 0 ? [] : [`only ${side} has: ${points.join('; ')}`];

const codes = (side: string, found: readonly string[]): string[] =>
  found.length === 0 ? [] : [`validity of ${side}: ${found.join(' ')} (sbench report says what each means)`];

const failing = (compared: readonly Compared[]): string[] => {
  const count = compared.filter(({ fails }) => fails).length;
  return count === 0 ? [] : [`${count} of ${compared.length} worse by more than is allowed`];
};

const differencesTable = (differences: Comparison['differences']): string =>
  table(
    ['WHAT', 'A', 'B'].map((title) => ({ title })),
    differences.map(({ what, a, b }) => [what, cut(a), cut(b)]),
  );

const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

function comparedTable(compared: readonly Compared[]): string {
  const several = (of: (one: Compared) => string) => new Set(compared.map(of)).size > 1;
  const places = [
    { title: 'VALUES', of: ({ variant }: Compared) => variant },
    { title: 'CLIENT', of: ({ client }: Compared) => client },
    { title: 'POINT', of: ({ point }: Compared) => point },
  ].filter(({ of }) => several(of));
  return table(
    [
      ...places.map(({ title }) => ({ title })),
      { title: 'METRIC' },
      { title: 'A', align: 'right' },
      { title: 'B', align: 'right' },
      { title: 'UNIT' },
      { title: 'B AGAINST A', align: 'right' },
      { title: '95 % INTERVAL', align: 'right' },
      { title: 'VERDICT' },
    ],
    compared.map((one) => [
      ...places.map(({ of }) => of(one)),
      one.metric,
      number(one.a.mean),
      number(one.b.mean),
      one.unit,
      one.ratio === null ? '–' : change(one.ratio),
      one.interval === null ? '–' : `${change(one.interval.low)} … ${change(one.interval.high)}`,
      one.fails ? 'WORSE' : one.verdict,
    ]),
  );
}

/** `+4.2 %`; a factor from twice on. */
function change(ratio: number): string {
  if (ratio >= 2) return `×${ratio.toFixed(2)}`;
  const percent = (ratio - 1) * 100;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %`;
}
