import { placesOf, type Table } from '../headline.ts';
import { LATENCIES, PERCENTILES } from '../metrics.ts';
import { figure } from '../numbers.ts';
import { type LoadRow, metricOf, type Report } from '../report.ts';
import { type Html, html } from './html.ts';

export function tableOf({ titles, rows }: Table): Html {
  return html`<div class="wide"><table><thead><tr>${titles.map(({ text, numeric }) => html`<th scope="col"${numeric ? html` class="n"` : undefined}>${text}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr>${row.map(({ text, note, numeric }, at) => {
        const kind = numeric ? 'n' : classOf(titles[at]?.text ?? '', text);
        return html`<td${kind === undefined ? undefined : html` class="${kind}"`}>${text}${note ? html`<span class="pm">${note}</span>` : undefined}</td>`;
      })}</tr>\n`,
  )}</tbody></table></div>`;
}

function classOf(title: string, text: string): string | undefined {
  if (title === 'validity') return text === 'ok' ? 'codes ok' : 'codes';
  // What names a row does not wrap, unless it is long.
  return /^(variant|client|point|metric)$/.test(title) && text.length < 40 ? 'place' : undefined;
}

const cell = (text: string) => ({ text, numeric: false });
const count = (text: string) => ({ text, numeric: true });

/** All percentiles that have enough samples, of all latencies. */
export function percentileTables({ load }: Report): Html[] {
  const places = placesOf(load);
  return LATENCIES.flatMap(({ title, words }) => {
    const columns = PERCENTILES.filter((percentile) =>
      load.some((row) => metricOf(row, `${title} ${percentile.title}`)),
    );
    if (columns.length === 0) return [];
    const table: Table = {
      titles: [
        ...places.map((place) => cell(place.title)),
        ...columns.map((percentile) => count(percentile.title)),
      ],
      rows: load.map((row) => [
        ...places.map(({ of }) => cell(of(row))),
        ...columns.map((percentile) => count(figure(metricOf(row, `${title} ${percentile.title}`)?.mean))),
      ]),
    };
    return [html`<div><h3>${title} <span class="soft">${words}, ms</span></h3>${tableOf(table)}</div>`];
  });
}

/** That the generator was not what was measured: the worst of each point's measurements. */
export function selfTable({ load }: Report): Html {
  const places = placesOf(load);
  const worst = (
    row: LoadRow,
    of: (self: LoadRow['measurements'][number]['load']) => number | null | undefined,
  ) => {
    const found = row.measurements
      .map(({ load: point }) => of(point))
      .filter((value) => typeof value === 'number');
    return found.length === 0 ? null : Math.max(...found);
  };
  const columns: [
    title: string,
    of: (point: LoadRow['measurements'][number]['load']) => number | null | undefined,
  ][] = [
    ['event loop late p99, ms', ({ self }) => self.loopDelayP99Ms],
    ['at most, ms', ({ self }) => self.loopDelayMaxMs],
    ['CPU, cores', ({ self }) => self.cpuShare],
    ['busiest thread', ({ self }) => self.busyShare],
    ['threads', ({ self }) => self.threads],
    ['sent late p99, ms', ({ self }) => self.scheduleLagMs?.p99],
    ['longest GC, ms', ({ self }) => self.gcMaxMs],
    ['mean in flight', ({ meanConcurrency }) => meanConcurrency],
    ["Little's law off by", ({ littleError }) => littleError],
    ['dropped', ({ dropped }) => dropped],
    ['unanswered', ({ incomplete }) => incomplete],
  ];
  const shown = columns.filter(([, of]) => load.some((row) => worst(row, of) !== null));
  return tableOf({
    titles: [...places.map(({ title }) => cell(title)), ...shown.map(([title]) => count(title))],
    rows: load.map((row) => [
      ...places.map(({ of }) => cell(of(row))),
      ...shown.map(([, of]) => count(figure(worst(row, of)))),
    ]),
  });
}
