import type { Report, Row } from './report.ts';

const HEAD = ['session', 'variant', 'client', 'point', 'repeat', 'metric', 'unit', 'better', 'value'];

/** One line a number, every measurement by itself: what a data frame or a pivot table wants. RFC 4180. */
export function toCsv({ load, tools }: Report): string {
  const lines = ([...load, ...tools] as Row[]).flatMap((row) =>
    row.measurements.flatMap(({ session, variant, client, point, repeat, metrics }) =>
      metrics.map(({ name, unit, better, value }) =>
        [
          ...[session, variant, client, point].map(text),
          repeat === undefined ? '' : String(repeat),
          ...[name, unit, better ?? ''].map(text),
          String(value),
        ].join(','),
      ),
    ),
  );
  return `${[HEAD.join(','), ...lines].join('\r\n')}\r\n`;
}

/** A cell that begins like a formula is one to a spreadsheet, and names come from recipes and programs. */
function text(cell: string): string {
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
