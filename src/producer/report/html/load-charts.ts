import { groupBy } from '../group-by.ts';
import { settingsOf } from '../measurements.ts';
import { type LoadRow, labelOf, metricOf, type Report } from '../report.ts';
import type { Html } from './html.ts';
import { lineChart, type Series, type Spot } from './line-chart.ts';
import { type LegendEntry, legend } from './marks.ts';

interface Sweep {
  name: string;
  rows: LoadRow[];
}

/** Rows that differ in their load only: one line. */
function sweepsOf(report: Report): Sweep[] {
  const nameOf = (row: LoadRow) =>
    [labelOf(row, report), settingsOf(row.measurements[0]?.load ?? {})]
      .filter((word) => word !== '')
      .join(' · ');
  return [...groupBy(report.load, nameOf)].map(([name, rows]) => ({ name, rows }));
}

/** Concurrency, or the rate of an open load; null when all came at once. */
function loadOf({ measurements }: LoadRow): number | null {
  const [first] = measurements;
  if (!first) return null;
  return first.load.load?.is === 'open' ? first.load.load.offeredPerS : first.load.concurrency;
}

/** Throughput and latencies against the load, and against each other. */
export function loadCharts(report: Report): { charts: Html[]; legend: Html | undefined } {
  const sweeps = sweepsOf(report);
  const open = report.load.every(({ measurements }) => measurements[0]?.load.load?.is === 'open');
  const x = open ? 'requests offered per s' : 'concurrency';
  const tokens = report.load.some((row) => metricOf(row, 'output tokens/s'));
  const throughput = tokens ? 'output tokens/s' : 'requests/s';
  const lines = (...metrics: string[]) =>
    sweeps.flatMap(({ name, rows }, series) =>
      metrics.map(
        (metric, at): Series => ({ name, series, dashed: at > 0, spots: spotsOf(rows, metric, loadOf) }),
      ),
    );
  const tail = (latency: string) =>
    has(report, `${latency} p99`) ? [`${latency} p50`, `${latency} p99`] : [`${latency} p50`];
  const swept = sweeps.some(({ rows }) => rows.length > 1);
  const against = (title: string, unit: string, series: Series[]) =>
    lineChart({ title, unit, x, series, ticksAtSpots: true });
  const charts = [
    against('Throughput', throughput, lines(throughput)),
    ...['TTFT', 'TPOT', 'E2E']
      .filter((latency) => has(report, `${latency} p50`))
      .map((latency) =>
        against(
          `${latency} ${tail(latency)
            .map((name) => name.split(' ')[1])
            .join(' and ')}`,
          'ms',
          lines(...tail(latency)),
        ),
      ),
    has(report, 'goodput') ? against('Goodput', 'requests/s', lines('goodput')) : undefined,
    swept ? frontier(sweeps, throughput, has(report, 'E2E p99') ? 'E2E p99' : 'E2E p50') : undefined,
  ].filter((chart) => chart !== undefined);
  return { charts, legend: legendOf(sweeps, charts.length > 0 && has(report, 'E2E p99')) };
}

const has = ({ load }: Report, metric: string): boolean => load.some((row) => metricOf(row, metric));

function legendOf(sweeps: readonly Sweep[], tails: boolean): Html | undefined {
  const names: LegendEntry[] =
    sweeps.length > 1 ? sweeps.map(({ name }, series) => ({ name, series, dashed: false })) : [];
  const percentiles: LegendEntry[] = tails
    ? [
        { name: 'p50', series: 6, marked: false },
        { name: 'p99', series: 6, dashed: true, marked: false },
      ]
    : [];
  return names.length + percentiles.length > 0 ? legend([...names, ...percentiles]) : undefined;
}

function spotsOf(rows: readonly LoadRow[], metric: string, xOf: (row: LoadRow) => number | null): Spot[] {
  return rows
    .flatMap((row): Spot[] => {
      const [x, found] = [xOf(row), metricOf(row, metric)];
      return x === null || !found ? [] : [{ x, y: found.mean, low: found.low, high: found.high }];
    })
    .sort((a, b) => a.x - b.x);
}

/** What more throughput costs in latency: down and to the right is better. */
function frontier(sweeps: readonly Sweep[], throughput: string, latency: string): Html | undefined {
  const series = sweeps.map(({ name, rows }, at): Series => {
    const spots = rows.flatMap((row) => {
      const [x, y, load] = [metricOf(row, throughput), metricOf(row, latency), loadOf(row)];
      return x && y
        ? [{ x: x.mean, y: y.mean, load: load ?? 0, label: load === null ? undefined : String(load) }]
        : [];
    });
    // Along the load, so that the line turns back where more load gives less.
    return { name, series: at, spots: spots.sort((a, b) => a.load - b.load) };
  });
  return lineChart({
    title: `Latency for throughput (${latency})`,
    unit: 'ms',
    x: `${throughput} (labels: load)`,
    series,
  });
}
