import type { ValidityCode } from '../../shared/result/validity.ts';
import { type Estimate, estimate } from './estimate.ts';
import { groupBy } from './group-by.ts';
import { type Measurement, measurementsOf, type Variant, variantsOf } from './measurements.ts';
import { type Provenance, provenanceOf } from './provenance.ts';
import type { ReportSession } from './read-session.ts';
import { type SessionTimeline, timelineOf } from './session-timeline.ts';
import { VALIDITY_WORDS } from './validity-words.ts';

export interface MetricEstimate extends Estimate {
  name: string;
  unit: string;
  better: 'higher' | 'lower' | null;
}

interface RowBody {
  variant: string;
  client: string;
  point: string;
  metrics: MetricEstimate[];
  validity: ValidityCode[];
}
type Of<Is> = Extract<Measurement, { is: Is }>;
export type LoadRow = RowBody & { is: 'load'; measurements: Of<'load'>[] };
export type ToolRow = RowBody & { is: 'tool'; measurements: Of<'tool'>[] };
/** One point of one client, over all its repeats and sessions. */
export type Row = LoadRow | ToolRow;

export interface Finding {
  code: ValidityCode;
  words: string;
  where: string[];
}

export interface Report {
  title: string;
  variants: Variant[];
  load: LoadRow[];
  tools: ToolRow[];
  findings: Finding[];
  /** Results that are none, and clients without one: in words. */
  failures: string[];
  sessions: Provenance[];
  timelines: SessionTimeline[];
}

/** All that a report says, of whatever format. The same sessions give the same, to the byte. */
export function reportOf(sessions: readonly ReportSession[]): Report {
  const variants = variantsOf(sessions);
  const rows = [
    ...groupBy(measurementsOf(sessions, variants), ({ variant, client, point, is }) =>
      JSON.stringify([variant, client, point, is]),
    ).values(),
  ].map(rowOf);
  const names = [...new Set(sessions.map(({ record }) => record.name))];
  return {
    title: names.join(', '),
    variants,
    load: rows.filter((row): row is LoadRow => row.is === 'load'),
    tools: rows.filter((row): row is ToolRow => row.is === 'tool'),
    findings: findingsOf(rows),
    failures: sessions.flatMap(failuresOf),
    sessions: sessions.map(provenanceOf),
    timelines: sessions.map(timelineOf).filter((timeline) => timeline !== undefined),
  };
}

function rowOf(measurements: Measurement[]): Row {
  const [first] = measurements as [Measurement];
  const { is, variant, client, point } = first;
  const values = measurements.flatMap(({ session, metrics }) =>
    metrics.map((metric) => ({ session, ...metric })),
  );
  const metrics = [...groupBy(values, ({ name }) => name)].flatMap(([name, found]): MetricEstimate[] => {
    const [{ unit, better }] = found as [(typeof values)[number]];
    const estimated = estimate(found);
    return estimated ? [{ name, unit, better, ...estimated }] : [];
  });
  const codes = measurements.flatMap((one) => (one.is === 'load' ? one.load.validity : one.result.validity));
  const body = { variant, client, point, metrics, validity: [...new Set(codes)] };
  return is === 'load'
    ? { ...body, is, measurements: measurements.filter((one) => one.is === 'load') }
    : { ...body, is, measurements: measurements.filter((one) => one.is === 'tool') };
}

/** What a reader must know, worst spread first by how many points it concerns. */
function findingsOf(rows: readonly Row[]): Finding[] {
  const several = (of: (row: Row) => string) => new Set(rows.map(of)).size > 1;
  const [variants, clients] = [several(({ variant }) => variant), several(({ client }) => client)];
  const found = rows.flatMap((row) =>
    row.validity.map((code) => ({
      code,
      where: [...(variants ? [row.variant] : []), ...(clients ? [row.client] : []), row.point]
        .filter((word) => word !== '')
        .join(' · '),
    })),
  );
  return [...groupBy(found, ({ code }) => code).values()]
    .map((all): Finding => {
      const [{ code }] = all as [(typeof found)[number]];
      return { code, words: VALIDITY_WORDS[code], where: [...new Set(all.map(({ where }) => where))] };
    })
    .sort((a, b) => b.where.length - a.where.length || (a.code < b.code ? -1 : 1));
}

function failuresOf({ record, plan }: ReportSession): string[] {
  const failures =
    record.state === 'succeeded'
      ? []
      : [`session ${record.id}: ${record.state}${record.ending ? `, ${record.ending.text}` : ''}`];
  for (const { role, side, name } of plan.roles) {
    if (side !== 'client') continue;
    const result = record.results[role] as { status?: unknown; message?: unknown } | undefined;
    if (result?.status === 'failed')
      failures.push(`client ${name} of ${record.id}: ${String(result.message)}`);
    if (result === undefined) failures.push(`client ${name} of ${record.id} left no result`);
  }
  return failures;
}

export const metricOf = (row: Row, name: string): MetricEstimate | undefined =>
  row.metrics.find((metric) => metric.name === name);

/** Where a row is, as far as rows of this report differ in it. */
export const labelOf = (row: Row, report: Report): string => {
  const rows: Row[] = [...report.load, ...report.tools];
  const several = (of: (one: Row) => string) => new Set(rows.map(of)).size > 1;
  return [
    ...(several(({ variant }) => variant) ? [row.variant] : []),
    ...(several(({ client }) => client) ? [row.client] : []),
  ].join(' · ');
};
