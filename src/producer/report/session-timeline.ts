import { resultSchema } from '../../shared/result/result.ts';
import { clientNames } from './measurements.ts';
import type { ReportSession } from './read-session.ts';
import type { NodeTelemetry } from './telemetry.ts';

export interface Strip {
  title: string;
  unit: string;
  lines: { name: string; spots: { x: number; y: number }[] }[];
}

/** One session along one axis of time: what was asked of the service, and what the nodes did meanwhile. */
export interface SessionTimeline {
  session: string;
  seconds: number;
  /** The measured windows. */
  bands: { name: string; from: number; to: number }[];
  strips: Strip[];
}

const MOST_SPOTS = 360;

const CHARTS: { title: string; unit: string; divisor?: number; of: RegExp[] }[] = [
  { title: 'CPU', unit: 'cores', of: [/^cpu_cores$/, /^job_cpu_cores$/] },
  { title: 'memory', unit: 'GiB', divisor: 1024, of: [/^memory_mib$/, /^job_memory_mib$/] },
  { title: 'network', unit: 'MB/s', of: [/^network_in_mb_s$/, /^network_out_mb_s$/] },
  { title: 'GPU utilization', unit: '%', of: [/^gpu \d+ utilization_percent$/] },
  { title: 'GPU memory', unit: 'GiB', divisor: 1024, of: [/^gpu \d+ memory_mib$/] },
  { title: 'GPU power', unit: 'W', of: [/^gpu \d+ power_w$/] },
];

export function timelineOf(session: ReportSession): SessionTimeline | undefined {
  const { telemetry = [], plan, record } = session;
  const times = telemetry.flatMap(({ samples }) => samples.map(({ time }) => time));
  if (times.length < 2) return undefined;
  const start = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  const seconds = times.reduce((most, time) => Math.max(most, time), 0) - start;
  if (seconds <= 0) return undefined;
  const nameOf = (role: string) => {
    const found = plan.roles.find((each) => each.role === role);
    return found ? `${found.side} ${found.name}` : role;
  };
  return {
    session: record.id,
    seconds,
    bands: bandsOf(session, start, seconds),
    strips: [
      ...loadStrips(session, start, seconds),
      ...telemetry.flatMap((node) => nodeStrips(node, nameOf(node.role), start, seconds)),
    ],
  };
}

const pointsOf = ({ record }: ReportSession, role: string) => {
  const result = resultSchema.safeParse(record.results[role]);
  return result.success ? result.data.points : [];
};

function bandsOf(session: ReportSession, start: number, seconds: number): SessionTimeline['bands'] {
  return clientNames(session).flatMap(([role]) =>
    pointsOf(session, role).flatMap((point) => {
      const from = Date.parse(point.startedAt) / 1000 - start;
      const length = point.series ? point.series.done.length * point.series.stepS : point.durationS;
      // Of an earlier attempt, or by a clock that is far from the nodes'.
      if (from < -5 || from > seconds || length <= 0) return [];
      const name = point.name ?? (point.concurrency === null ? '' : `concurrency ${point.concurrency}`);
      return [{ name, from: Math.max(0, from), to: Math.min(seconds, from + length) }];
    }),
  );
}

function loadStrips(session: ReportSession, start: number, seconds: number): Strip[] {
  const clients = clientNames(session);
  return clients.flatMap(([role, name]): Strip[] => {
    const spots = pointsOf(session, role).flatMap(({ series, startedAt }) => {
      const from = Date.parse(startedAt) / 1000 - start;
      return (series?.inFlight ?? []).map((y, at) => ({ x: from + (at + 0.5) * (series?.stepS ?? 1), y }));
    });
    const inside = spots.filter(({ x }) => x >= 0 && x <= seconds).sort((a, b) => a.x - b.x);
    if (inside.length < 2) return [];
    const title = clients.length > 1 ? `in flight, client ${name}` : 'in flight';
    return [{ title, unit: 'requests', lines: [{ name: '', spots: inside }] }];
  });
}

function nodeStrips({ node, samples }: NodeTelemetry, name: string, start: number, seconds: number): Strip[] {
  const where = node === '' ? name : `${name}, ${node}`;
  const columns = [...new Set(samples.flatMap(({ values }) => Object.keys(values)))];
  return CHARTS.flatMap(({ title, unit, divisor = 1, of }): Strip[] => {
    const lines = of
      .flatMap((pattern) => columns.filter((column) => pattern.test(column)))
      .map((column) => ({
        name: wordOf(column),
        spots: thinned(
          samples.flatMap(({ time, values }) => {
            const y = values[column];
            return y === null || y === undefined ? [] : [{ x: time - start, y: y / divisor }];
          }),
          seconds,
        ),
      }))
      .filter(({ spots }) => spots.length > 1);
    return lines.length === 0 ? [] : [{ title: `${title}, ${where}`, unit, lines }];
  });
}

function wordOf(column: string): string {
  const gpu = /^gpu (\d+)/.exec(column)?.[1];
  if (gpu !== undefined) return `GPU ${gpu}`;
  if (column.startsWith('network')) return column.includes('_in_') ? 'in' : 'out';
  return column.startsWith('job_') ? 'Slurm job' : 'node';
}

/** Means of equal spans: nobody sees more of them than a screen has columns. */
function thinned(spots: { x: number; y: number }[], seconds: number): { x: number; y: number }[] {
  if (spots.length <= MOST_SPOTS) return spots;
  const spans = new Map<number, { x: number; y: number; n: number }>();
  for (const { x, y } of spots) {
    const at = Math.floor((x / seconds) * MOST_SPOTS);
    const span = spans.get(at) ?? { x: 0, y: 0, n: 0 };
    spans.set(at, { x: span.x + x, y: span.y + y, n: span.n + 1 });
  }
  return [...spans.values()].map(({ x, y, n }) => ({ x: x / n, y: y / n }));
}
