import { hostname } from 'node:os';
import type { SessionView } from '../producer/session-view.ts';
import { type Point, resultSchema } from '../shared/result/result.ts';
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

/** What a session measured: a table for each client; nothing when it measured nothing. */
export function resultTables({ results, roles }: Pick<SessionView, 'results' | 'roles'>): string[] {
  const several = Object.keys(results).length > 1;
  return Object.entries(results).flatMap(([role, result]) => {
    const parsed = resultSchema.safeParse(result);
    if (!parsed.success) return [];
    const { points, status } = parsed.data;
    const failed = status === 'failed' ? [printableLines(`failed: ${parsed.data.message}`)] : [];
    const title = several ? [printableLines(`client ${roles[role]?.name ?? role}`)] : [];
    return [[...title, table(COLUMNS, points.map(cells)), ...failed].join('\n')];
  });
}

function cells(point: Point): string[] {
  const { ttftMs, tpotMs, e2eMs } = point;
  return [
    String(point.concurrency),
    String(point.requests),
    String(point.errors),
    number(ttftMs.p50),
    number(ttftMs.p99),
    number(tpotMs.p50),
    number(e2eMs.p50),
    number(e2eMs.p99),
    number(point.outputTokensPerS),
    point.validity.join(' ') || 'ok',
  ];
}

/** As many digits as anybody can use; a missing number must not look like a small one. */
export function number(value: number | null): string {
  if (value === null) return '–';
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
