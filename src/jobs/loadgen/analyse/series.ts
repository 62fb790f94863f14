import type { Series } from '../../../shared/result/point.ts';
import { OUTCOME } from '../engine/recording.ts';
import { distribution } from './distribution.ts';
import { cell, countOf, type Rows } from './rows.ts';

const MOST_STEPS = 120;

/** What happened when, warm-up and cool-down included: the picture that a percentile hides. */
export function timeSeries(rows: Rows): Series {
  const count = countOf(rows);
  let lastMs = 0;
  for (let row = 0; row < count; row++) lastMs = Math.max(lastMs, cell(rows, row, 'end') || 0);
  const stepS = Math.max(1, Math.ceil(lastMs / 1000 / MOST_STEPS));
  const steps = Math.max(1, Math.ceil((lastMs + 1) / 1000 / stepS));
  const zeros = () => new Array<number>(steps).fill(0);
  const series: Series = {
    stepS,
    sent: zeros(),
    done: zeros(),
    errors: zeros(),
    tokens: zeros(),
    inFlight: zeros(),
    p50: [],
    p99: [],
  };
  const latencies: number[][] = Array.from({ length: steps }, () => []);
  const at = (ms: number) => Math.min(steps - 1, Math.max(0, Math.floor(ms / 1000 / stepS)));
  const add = (to: number[], step: number, amount: number) => {
    to[step] = (to[step] ?? 0) + amount;
  };

  for (let row = 0; row < count; row++) {
    const sent = cell(rows, row, 'sent');
    const end = cell(rows, row, 'end');
    if (Number.isNaN(sent)) continue;
    add(series.sent, at(sent), 1);
    for (let step = at(sent); step <= at(end); step++) {
      const overlap = Math.min(end, (step + 1) * stepS * 1000) - Math.max(sent, step * stepS * 1000);
      add(series.inFlight, step, Math.max(0, overlap) / (stepS * 1000));
    }
    if (cell(rows, row, 'outcome') !== OUTCOME.ok) {
      add(series.errors, at(end), 1);
      continue;
    }
    add(series.done, at(end), 1);
    latencies[at(end)]?.push(end - cell(rows, row, 'intended'));
    spreadTokens(cell(rows, row, 'firstText'), cell(rows, row, 'lastText'), cell(rows, row, 'outputTokens'));
  }
  for (const list of latencies) {
    const { p50, p99 } = distribution(Float64Array.from(list));
    series.p50.push(p50);
    series.p99.push(p99);
  }
  series.inFlight = series.inFlight.map(round);
  series.tokens = series.tokens.map(round);
  return series;

  /** Tokens belong to the time in which they came, evenly between the first and the last. */
  function spreadTokens(first: number, last: number, tokens: number): void {
    if (!(tokens > 0)) return;
    if (!(last > first)) {
      add(series.tokens, at(last), tokens);
      return;
    }
    for (let step = at(first); step <= at(last); step++) {
      const overlap = Math.min(last, (step + 1) * stepS * 1000) - Math.max(first, step * stepS * 1000);
      add(series.tokens, step, (tokens * Math.max(0, overlap)) / (last - first));
    }
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
