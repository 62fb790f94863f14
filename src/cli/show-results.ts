import { hostname } from 'node:os';
import type { SessionView } from '../producer/session-view.ts';
import type { Point } from '../shared/result/point.ts';
import { resultSchema } from '../shared/result/result.ts';
import { searchWords } from '../shared/result/search.ts';
import { type ToolPoint, type ToolResult, toolResultSchema } from '../shared/result/tool-result.ts';
import { printableLines } from './printable-text.ts';
import { type Column, table } from './table.ts';

const COLUMNS: Column[] = [
  { title: 'concurrency', align: 'right' },
  { title: 'requests', align: 'right' },
  { title: 'errors', align: 'right' },
  { title: 'TTFT p50 ms', align: 'right' },
  { title: 'p99', align: 'right' },
  { title: 'TPOT p50 ms', align: 'right' },
  { title: 'E2E p50 ms', align: 'right' },
  { title: 'p99', align: 'right' },
  { title: 'tokens/s', align: 'right' },
  { title: 'validity' },
];

const MISSING = '–';
const SWEPT = ['max_tokens', 'temperature', 'requests', 'prompt'] as const;

/** What a session measured: a table for each client; nothing when it measured nothing. */
export function resultTables({ results, roles }: Pick<SessionView, 'results' | 'roles'>): string[] {
  const several = Object.keys(results).length > 1;
  return Object.entries(results).flatMap(([role, result]) => {
    const body = resultBody(result);
    if (!body) return [];
    const title = several ? [printableLines(`client ${roles[role]?.name ?? role}`)] : [];
    return [[...title, ...body].join('\n')];
  });
}

function resultBody(result: unknown): string[] | undefined {
  const tool = toolResultSchema.safeParse(result);
  if (tool.success) return [toolTables(tool.data), ...failure(tool.data)];
  const parsed = resultSchema.safeParse(result);
  if (!parsed.success) return undefined;
  const { points, search } = parsed.data;
  return [loadTable(points), ...(search ? [searchWords(search)] : []), ...failure(parsed.data)];
}

const failure = (result: { status: 'ok' } | { status: 'failed'; message: string }): string[] =>
  result.status === 'failed' ? [printableLines(`failed: ${result.message}`)] : [];

/** As many points side by side as a terminal has room for. */
const POINTS_ABREAST = 5;

/** A tool's own numbers: a row for each metric, a column for each point. */
function toolTables({ tool, points, coordinatedOmissionFree }: ToolResult): string {
  const loop = coordinatedOmissionFree ? '' : ', a closed loop: its tail latencies leave waiting out';
  const tables = [];
  for (let from = 0; from < points.length; from += POINTS_ABREAST)
    tables.push(pointsTable(points.slice(from, from + POINTS_ABREAST)));
  return [printableLines(`${tool.name} ${tool.version ?? ''}`.trim() + loop), ...tables].join('\n');
}

function pointsTable(points: readonly ToolPoint[]): string {
  const units = new Map(points.flatMap(({ metrics }) => metrics.map(({ name, unit }) => [name, unit])));
  const rows = [...units].map(([name, unit]) => [
    name,
    ...points.map(({ metrics }) => String(metrics.find((metric) => metric.name === name)?.value ?? '–')),
    unit,
  ]);
  const titles = points.map(({ name }): Column => ({ title: name || 'value', align: 'right' }));
  return table([{ title: 'metric' }, ...titles, { title: 'unit' }], rows);
}

/** What was swept beside the concurrency, and which time it was, have columns where there is such a thing. */
function loadTable(points: readonly Point[]): string {
  const swept = SWEPT.filter((name) => points.some(({ settings }) => settings?.[name] !== undefined));
  const repeated = points.some(({ repeat }) => repeat !== undefined);
  const titles = [...swept, ...(repeated ? ['repeat'] : [])].map((title) => ({
    title: title === 'requests' ? 'asked' : title,
    align: 'right' as const,
  }));
  const [first, ...all] = columnsFor(points);
  const rows = points.map((point) => cells(point, points));
  // Answers that are not text have no first token: a column without any number says nothing.
  const some = all.map((_, at) => hasTokens(points) || rows.some((row) => row[at + 1] !== MISSING));
  const others = all.filter((_, at) => some[at]);
  return table(
    [first, ...titles, ...others],
    points.map((point, index) => {
      const [concurrency = '', ...every] = rows[index] ?? [];
      const numbers = every.filter((_, at) => some[at]);
      const labels = [
        ...swept.map((name) => point.settings?.[name]),
        ...(repeated ? [point.repeat] : []),
      ].map((value) => (value === undefined ? '' : String(value)));
      return [concurrency, ...labels, ...numbers];
    }),
  );
}

/** Answers that are not text have no tokens, and are counted themselves; open load has no concurrency. */
const hasTokens = (points: readonly Point[]): boolean =>
  points.some(({ outputTokens, requests, errors }) => outputTokens > 0 || requests === errors);
const isOpen = (points: readonly Point[]): boolean => points.some(({ concurrency }) => concurrency === null);

function columnsFor(points: readonly Point[]): [Column, ...Column[]] {
  const [first, ...others] = COLUMNS as [Column, ...Column[]];
  return [
    isOpen(points) ? { title: 'load' } : first,
    ...others.map((column) =>
      column.title === 'tokens/s' && !hasTokens(points) ? { ...column, title: 'requests/s' } : column,
    ),
  ];
}

function cells(point: Point, all: readonly Point[]): string[] {
  const { ttftMs, tpotMs, e2eMs, load } = point;
  const words = load?.is === 'open' ? load.words : `concurrency ${point.concurrency}`;
  return [
    isOpen(all) ? printableLines(words) : String(point.concurrency),
    String(point.requests),
    String(point.errors),
    number(ttftMs.p50),
    number(ttftMs.p99),
    number(tpotMs.p50),
    number(e2eMs.p50),
    number(e2eMs.p99),
    number(hasTokens(all) ? point.outputTokensPerS : point.requestsPerS),
    point.validity.join(' ') || 'ok',
  ];
}

/** As many digits as anybody can use; a missing number must not look like a small one. */
export function number(value: number | null): string {
  if (value === null) return MISSING;
  return value.toFixed(value < 10 ? 2 : value < 1_000 ? 1 : 0);
}

/** Where a session's files lie, as somebody on this host would say it. */
export function resultsPlace({ id, resultsFolder }: Pick<SessionView, 'id' | 'resultsFolder'>): string {
  const local = localFolder(resultsFolder);
  if (local !== undefined) return local;
  return resultsFolder ?? `on the cluster; sbench results ${id} brings them here`;
}

/** A results folder is stored as `host:path`; undefined when it is another host's. */
export function localFolder(resultsFolder: string | undefined): string | undefined {
  const prefix = `${hostname()}:`;
  return resultsFolder?.startsWith(prefix) ? resultsFolder.slice(prefix.length) : undefined;
}
