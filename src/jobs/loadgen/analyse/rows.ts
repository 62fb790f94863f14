import { type Batch, COLUMN, type Field, WIDTH, type Words } from '../engine/recording.ts';

/** All rows of a point, from all threads, and what was said about some of them. */
export interface Rows {
  cells: Float64Array;
  words: ReadonlyMap<number, Words>;
  gaps: Float64Array;
}

export const countOf = (rows: Rows): number => rows.cells.length / WIDTH;

export const cell = (rows: Rows, row: number, field: Field): number =>
  rows.cells[row * WIDTH + COLUMN[field]] ?? Number.NaN;

/** The rows for which `take` holds, by their place. */
export function pick(rows: Rows, take: (row: number) => boolean): number[] {
  const picked: number[] = [];
  for (let row = 0; row < countOf(rows); row++) if (take(row)) picked.push(row);
  return picked;
}

/** One number of each of these rows; rows that have none are left out. */
export function values(which: readonly number[], value: (row: number) => number): Float64Array {
  const found = new Float64Array(which.length);
  let count = 0;
  for (const row of which) {
    const each = value(row);
    if (!Number.isNaN(each)) found[count++] = each;
  }
  return found.subarray(0, count);
}

/** The batches of all threads as one. */
export function gatherRows(batches: readonly Batch[]): Rows {
  const cells = new Float64Array(batches.reduce((sum, { rows }) => sum + rows.length, 0));
  const gaps = new Float64Array(batches.reduce((sum, batch) => sum + batch.gaps.length, 0));
  const words = new Map<number, Words>();
  let at = 0;
  let gapAt = 0;
  for (const batch of batches) {
    cells.set(batch.rows, at);
    gaps.set(batch.gaps, gapAt);
    for (const [row, said] of batch.words) words.set(at / WIDTH + row, said);
    at += batch.rows.length;
    gapAt += batch.gaps.length;
  }
  return { cells, words, gaps };
}
