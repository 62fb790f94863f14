import type { Series as Times } from '../../../shared/result/point.ts';
import { type LoadRow, labelOf, type Report } from '../report.ts';
import { type Html, html } from './html.ts';
import { lineChart, type Series } from './line-chart.ts';
import { legend } from './marks.ts';

const MOST = 12;

/** How each point went over time: its first measurement that has a series. */
export function timeCharts(report: Report): Html | undefined {
  const found = report.load.flatMap((row) => {
    const times = row.measurements.find(({ load }) => load.series)?.load.series;
    return times && times.done.length > 1 ? [{ row, times }] : [];
  });
  if (found.length === 0) return undefined;
  const left = found.length - MOST;
  return html`<h2>Over time</h2>
<p class="soft">Each point from its start, with warm-up and cool-down${found.some(({ row }) => row.measurements.length > 1) ? '; of repeats the first' : ''}. A straight line is a steady state.</p>
${legend([
  { name: 'done, or p50', series: 0, marked: false },
  { name: 'p99', series: 0, dashed: true, marked: false },
  { name: 'errors', series: 1, marked: false },
])}
${found.slice(0, MOST).map(({ row, times }) => pointCharts(row, times, report))}
${left > 0 ? html`<p class="soft">${left} more are in each result.json.</p>` : undefined}`;
}

function pointCharts(row: LoadRow, times: Times, report: Report): Html {
  const title = [labelOf(row, report), row.point].filter((word) => word !== '').join(' · ');
  const perS = (counts: readonly number[]) => counts.map((count) => count / times.stepS);
  const chart = (
    name: string,
    unit: string,
    ...series: [values: readonly (number | null)[], style: Partial<Series>][]
  ) =>
    lineChart({
      title: name,
      unit,
      x: 'seconds',
      fine: true,
      series: series.map(([values, style]) => ({
        name,
        series: 0,
        ...style,
        spots: values.map((y, at) => ({ x: (at + 0.5) * times.stepS, y })),
      })),
    });
  const failed = times.errors.some((count) => count > 0);
  const tokens = times.tokens.some((count) => count > 0);
  const charts = [
    chart(
      'Requests done',
      'requests/s',
      [perS(times.done), {}],
      ...(failed ? [[perS(times.errors), { series: 1 }] as [number[], Partial<Series>]] : []),
    ),
    tokens
      ? chart('Output', 'tokens/s', [perS(times.tokens), {}])
      : chart('In flight', 'requests', [times.inFlight, {}]),
    chart('Response time', 'ms', [times.p50, {}], [times.p99, { dashed: true }]),
  ].filter((made) => made !== undefined);
  return html`<h3>${title}</h3><div class="charts">${charts}</div>`;
}
