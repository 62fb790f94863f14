import { clientRoles } from '../../shared/plan/plan.ts';
import type { Point } from '../../shared/result/point.ts';
import { type Result, resultSchema } from '../../shared/result/result.ts';
import { type ToolPoint, type ToolResult, toolResultSchema } from '../../shared/result/tool-result.ts';
import { type Measured, measuredOf } from './metrics.ts';
import type { ReportSession } from './read-session.ts';

interface Place {
  session: string;
  /** Sessions that differ by their repeat only are one variant. */
  variant: string;
  client: string;
  /** What was asked of the point: `concurrency 4`. Empty for the only run of a tool. */
  point: string;
  /** Which go at the same point on the same service, from 1. */
  repeat?: number;
  metrics: Measured[];
}

/** One point, measured once. */
export type Measurement = Place &
  ({ is: 'load'; load: Point; result: Result } | { is: 'tool'; tool: ToolPoint; result: ToolResult });

export interface Variant {
  label: string;
  /** The combination of the recipe's matrix. */
  values: Readonly<Record<string, string | number | boolean>>;
  sessions: string[];
}

/** The sessions by what they were asked to be, in the order given. */
export function variantsOf(sessions: readonly ReportSession[]): Variant[] {
  const differ = differing(sessions);
  const variants = new Map<string, Variant & { name: string; id: string }>();
  for (const { record } of sessions) {
    const { group, id, name } = record;
    const key = group ? `${group.id} ${JSON.stringify(group.values)}` : id;
    const known = variants.get(key);
    if (known) known.sessions.push(id);
    else {
      const values = group?.values ?? {};
      const telling = Object.fromEntries(Object.entries(values).filter(([value]) => differ.has(value)));
      const label = valuesOf(telling) || valuesOf(values) || name;
      variants.set(key, { label, values, sessions: [id], name, id: group?.id ?? id });
    }
  }
  const all = [...variants.values()];
  const taken = (label: string) => all.filter((variant) => variant.label === label).length > 1;
  const ambiguous = new Set(all.map(({ label }) => label).filter(taken));
  return all.map(({ label, values, sessions: ids, id }) => ({
    label: ambiguous.has(label) ? `${label} (${id})` : label,
    values,
    sessions: ids,
  }));
}

/** What is the same everywhere tells nothing apart. */
function differing(sessions: readonly ReportSession[]): Set<string> {
  const found = new Map<string, Set<unknown>>();
  for (const { record } of sessions)
    for (const [name, value] of Object.entries(record.group?.values ?? {}))
      found.set(name, (found.get(name) ?? new Set()).add(value));
  return new Set([...found].filter(([, values]) => values.size > 1).map(([name]) => name));
}

/** `tp=4 model=big` */
export const valuesOf = (values: Variant['values']): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** Everything that the sessions measured, in the order measured. */
export function measurementsOf(
  sessions: readonly ReportSession[],
  variants: readonly Variant[],
): Measurement[] {
  return sessions.flatMap((session) => {
    const { id, results } = session.record;
    const variant = variants.find(({ sessions: ids }) => ids.includes(id))?.label ?? id;
    return clientNames(session).flatMap(([role, client]) =>
      measurementsIn(results[role], { session: id, variant, client }),
    );
  });
}

/** By the name in the recipe; with the role where two have the same. */
export function clientNames({ plan }: ReportSession): [role: string, name: string][] {
  const clients = clientRoles(plan);
  return clients.map(({ role, name }) => {
    const alone = clients.filter((other) => other.name === name).length === 1;
    return [role, alone ? name : `${name} (${role})`];
  });
}

function measurementsIn(value: unknown, place: Pick<Place, 'session' | 'variant' | 'client'>): Measurement[] {
  const tool = toolResultSchema.safeParse(value);
  if (tool.success) {
    return tool.data.points.map((point) => ({
      ...place,
      is: 'tool' as const,
      point: point.name,
      metrics: point.metrics.map((metric) => ({ ...metric, main: metric.better !== null })),
      tool: point,
      result: tool.data,
    }));
  }
  const load = resultSchema.safeParse(value);
  if (!load.success) return [];
  return load.data.points.map((point) => ({
    ...place,
    is: 'load' as const,
    point: pointName(point),
    ...(point.repeat === undefined ? {} : { repeat: point.repeat }),
    metrics: measuredOf(point),
    load: point,
    result: load.data,
  }));
}

/** Results of before points had names have a concurrency and what else was swept. */
export function pointName(point: Point): string {
  if (point.name !== undefined) return point.name;
  const load = point.load?.is === 'open' ? point.load.words : `concurrency ${point.concurrency ?? '?'}`;
  const swept = settingsOf(point);
  return swept === '' ? load : `${load}, ${swept}`;
}

/** `max_tokens 64`: what was swept beside the load. */
export const settingsOf = ({ settings }: Pick<Point, 'settings'>): string =>
  Object.entries(settings ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
