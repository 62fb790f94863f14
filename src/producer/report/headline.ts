import { figure, spread } from './numbers.ts';
import { type LoadRow, metricOf, type Report, type Row } from './report.ts';

export interface Cell {
  text: string;
  /** `± 1.2` */
  note?: string;
  numeric: boolean;
}

export interface Table {
  titles: { text: string; numeric: boolean }[];
  rows: Cell[][];
}

const COLUMNS = [
  'output tokens/s',
  'requests/s',
  'goodput',
  'TTFT p50',
  'TTFT p99',
  'TPOT p50',
  'E2E p50',
  'E2E p99',
];

/** One row a point: the numbers that a decision is taken on. Columns that nobody has a number for are left out. */
export function headlineOf(report: Report): Table {
  const { load } = report;
  const columns = COLUMNS.filter((name) => load.some((row) => metricOf(row, name)));
  const places = placesOf(load);
  const repeated = load.some(({ measurements }) => measurements.length > 1);
  return {
    titles: [
      ...places.map(({ title }) => ({ text: title, numeric: false })),
      ...columns.map((name) => ({ text: withUnit(name), numeric: true })),
      ...(repeated ? [{ text: 'runs', numeric: true }] : []),
      { text: 'requests', numeric: true },
      { text: 'errors', numeric: true },
      { text: 'validity', numeric: false },
    ],
    rows: load.map((row) => [
      ...places.map(({ of }) => ({ text: of(row), numeric: false })),
      ...columns.map((name): Cell => {
        const metric = metricOf(row, name);
        return { text: figure(metric?.mean), ...(metric ? { note: spread(metric) } : {}), numeric: true };
      }),
      ...(repeated ? [{ text: String(row.measurements.length), numeric: true }] : []),
      { text: figureOfCount(sum(row, ({ requests }) => requests)), numeric: true },
      { text: figureOfCount(sum(row, ({ errors }) => errors)), numeric: true },
      { text: row.validity.join(' ') || 'ok', numeric: false },
    ]),
  };
}

/** What tells the rows apart; the point always. */
export function placesOf(rows: readonly Row[]): { title: string; of: (row: Row) => string }[] {
  const several = (of: (row: Row) => string) => new Set(rows.map(of)).size > 1;
  const places = [
    { title: 'variant', of: ({ variant }: Row) => variant },
    { title: 'client', of: ({ client }: Row) => client },
  ].filter(({ of }) => several(of));
  return [...places, { title: 'point', of: ({ point }: Row) => point || 'the only one' }];
}

const withUnit = (name: string): string =>
  / p\d/.test(name) ? `${name}, ms` : name === 'goodput' ? 'goodput, requests/s' : name;

const figureOfCount = (count: number): string => count.toFixed(0).replace(/\B(?=(?:\d{3}){1,7}$)/g, '\u202f');

const sum = (row: LoadRow, of: (point: LoadRow['measurements'][number]['load']) => number): number =>
  row.measurements.reduce((total, { load }) => total + of(load), 0);
