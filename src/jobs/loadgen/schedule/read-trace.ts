import { readFileSync } from 'node:fs';

/** When the requests of a trace were sent: seconds, one a line, as a number or as `{"at": seconds}`. */
export const readTrace = (file: string): number[] => parseTrace(readFileSync(file, 'utf8'), file);

/** @throws Error naming the line that is none. */
export function parseTrace(text: string, name: string): number[] {
  const times = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const time = timeIn(line);
    if (time !== undefined) return [time];
    throw new Error(`${name}:${index + 1} is no time: write seconds, or {"at": seconds}`);
  });
  if (times.length === 0) throw new Error(`${name} holds no request`);
  return times;
}

function timeIn(line: string): number | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const at = typeof value === 'object' ? (value as { at?: unknown } | null)?.at : value;
    return typeof at === 'number' && at >= 0 ? at : undefined;
  } catch {
    return undefined;
  }
}
