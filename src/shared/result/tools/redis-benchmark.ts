import type { Metric } from '../tool-result.ts';
import { linesOf, numberIn, type ToolText } from './tool-text.ts';

/**
 * `redis-benchmark --csv`: a head line, then one line a test with requests a second and latencies (since Redis 6.2;
 * before that, requests a second alone and no head). A closed loop: each connection sends when its answer came.
 */
export function readRedisBenchmark(text: string): ToolText {
  const metrics: Metric[] = [];
  let head: readonly string[] = ['test', 'rps'];
  let ignoredLines = 0;
  for (const line of linesOf(text)) {
    if (line.trim() === '') continue;
    const cells = cellsOf(line);
    if (cells?.[0] === 'test' && cells.length > 1) {
      head = cells;
      continue;
    }
    // Half a line is the end of a file that was cut: its last number may be half a number.
    const values = cells?.length === head.length ? cells.slice(1).map(numberIn) : [];
    if (!cells?.[0] || values.length === 0 || values.includes(undefined)) {
      ignoredLines += 1;
      continue;
    }
    for (const [index, value] of values.entries()) {
      const column = head[index + 1] ?? '';
      const [, name = column, unit = ''] = /^(.+)_(ms|us)$/.exec(column) ?? [];
      metrics.push({
        name: `${cells[0]} ${name}`.slice(0, 200),
        unit: column === 'rps' ? 'requests/s' : unit,
        value: value as number,
        better: column === 'rps' ? 'higher' : 'lower',
      });
    }
  }
  return { metrics, coordinatedOmissionFree: false, ignoredLines };
}

/** `"SET","83333.34",…`; undefined for anything else. The tool writes no quotes inside cells. */
function cellsOf(line: string): string[] | undefined {
  return /^"[^"]*"(,"[^"]*")*$/.test(line.trim()) ? line.trim().slice(1, -1).split('","') : undefined;
}
