import { cell, type Rows } from './rows.ts';

export interface Span {
  fromMs: number;
  toMs: number;
}

/** Σ of the time that requests were in flight inside the span, in ms: the area under the number in flight. */
export function areaInFlight(rows: Rows, which: readonly number[], { fromMs, toMs }: Span): number {
  let area = 0;
  for (const row of which) {
    const from = Math.max(fromMs, cell(rows, row, 'sent'));
    const to = Math.min(toMs, cell(rows, row, 'end'));
    if (to > from) area += to - from;
  }
  return area;
}

/** The most that were in flight at one moment; one that ends makes room for one that begins at the same time. */
export function mostInFlight(rows: Rows, which: readonly number[], { fromMs, toMs }: Span): number {
  const starts = new Float64Array(which.length);
  const ends = new Float64Array(which.length);
  let count = 0;
  for (const row of which) {
    const start = cell(rows, row, 'sent');
    const end = cell(rows, row, 'end');
    if (!(end > fromMs && start < toMs)) continue;
    starts[count] = start;
    ends[count++] = end;
  }
  const begun = starts.subarray(0, count).sort();
  const ended = ends.subarray(0, count).sort();
  let most = 0;
  let gone = 0;
  for (let k = 0; k < count; k++) {
    while (gone < count && (ended[gone] ?? 0) <= (begun[k] ?? 0)) gone++;
    most = Math.max(most, k + 1 - gone);
  }
  return most;
}
