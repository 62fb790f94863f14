import { expect, test } from 'vitest';
import { logLines } from '../../src/cli/log-lines.ts';

function read(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const reader = logLines((line) => lines.push(line));
  for (const chunk of chunks) reader.push(Buffer.from(chunk as string));
  reader.flush();
  return lines;
}

test('lines, however they were cut', () => {
  expect(read('a', 'b\nc\r', '\nd\re\n', '\nlast')).toEqual(['ab', 'c', 'd', 'e', '', 'last']);
  const umlaut = Buffer.from('ü');
  expect(read(umlaut.subarray(0, 1), umlaut.subarray(1), '\n')).toEqual(['ü']);
});

test('a line without an end comes in pieces, and is not kept', () => {
  let longest = 0;
  let total = 0;
  const reader = logLines((line) => {
    longest = Math.max(longest, line.length);
    total += line.length;
  });
  const chunk = Buffer.alloc(96 * 1024, 'x');
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 3_000; i++) reader.push(chunk);
  reader.flush();
  expect(longest).toBe(64 * 1024);
  expect(total).toBe(3_000 * chunk.length);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
});
