import { groupBy } from '../group-by.ts';
import { labelOf, metricOf, type Report, type ToolRow } from '../report.ts';
import { type Html, html } from './html.ts';
import { lineChart, type Series } from './line-chart.ts';
import { legend } from './marks.ts';

const MOST = 9;

/** A tool's numbers against the one thing that was varied by number; nothing when there is no such thing. */
export function toolCharts(report: Report, rows: readonly ToolRow[]): Html | undefined {
  const varied = variedIn(rows);
  if (varied === undefined) return undefined;
  const lines = [...groupBy(rows, (row) => lineName(row, varied, report))];
  const names = [
    ...new Set(
      rows.flatMap(({ metrics }) => metrics.filter(({ better }) => better !== null).map(({ name }) => name)),
    ),
  ];
  const charts = names.slice(0, MOST).map((metric) =>
    lineChart({
      title: metric,
      unit: rows.map((row) => metricOf(row, metric)?.unit).find((unit) => unit !== undefined) ?? '',
      x: varied,
      ticksAtSpots: true,
      series: lines.map(
        ([name, all], series): Series => ({
          name,
          series,
          spots: all
            .flatMap((row) => {
              const found = metricOf(row, metric);
              const x = parameterOf(row, varied);
              return found && typeof x === 'number'
                ? [{ x, y: found.mean, low: found.low, high: found.high }]
                : [];
            })
            .sort((a, b) => a.x - b.x),
        }),
      ),
    }),
  );
  const drawn = charts.filter((chart) => chart !== undefined);
  if (drawn.length === 0) return undefined;
  return html`${lines.length > 1 ? legend(lines.map(([name], series) => ({ name, series }))) : undefined}<div class="charts">${drawn}</div>`;
}

const parameterOf = ({ measurements }: ToolRow, name: string) => measurements[0]?.tool.parameters[name];

/** The parameter with the most different numbers. */
function variedIn(rows: readonly ToolRow[]): string | undefined {
  const names = [
    ...new Set(rows.flatMap(({ measurements }) => Object.keys(measurements[0]?.tool.parameters ?? {}))),
  ];
  const counted = names.map((name) => {
    const values = rows.map((row) => parameterOf(row, name));
    return { name, count: values.every((value) => typeof value === 'number') ? new Set(values).size : 0 };
  });
  const [first] = counted.sort((a, b) => b.count - a.count);
  return first && first.count > 1 ? first.name : undefined;
}

function lineName(row: ToolRow, varied: string, report: Report): string {
  const others = Object.entries(row.measurements[0]?.tool.parameters ?? {}).filter(
    ([name]) => name !== varied,
  );
  return [labelOf(row, report), ...others.map(([name, value]) => `${name}=${value}`)]
    .filter((word) => word !== '')
    .join(' · ');
}
