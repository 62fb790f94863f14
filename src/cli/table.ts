import { printable } from '../shared/yaml/problem.ts';

export interface Column {
  title: string;
  align?: 'right';
}

/** Rows under their titles, as wide as their widest cell. Cells may hold anybody's text. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map((cell) => printable(cell.replace(/\s+/g, ' '))));
  const lines = [columns.map(({ title }) => title), ...clean];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) =>
      columns
        .map(({ align }, index) => {
          const cell = line[index] ?? '';
          const width = widths[index] ?? 0;
          return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
