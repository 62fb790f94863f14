import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineSplitter } from '../../src/jobs/loadgen/answer/split-lines.ts';

function split(chunks: readonly Uint8Array[]): string[] {
  const splitter = createLineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

/** Cuts `bytes` at the given places, in any order and with repeats (which make empty chunks). */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

test('several lines in one chunk, one line over several chunks, the rest at the end', () => {
  const splitter = createLineSplitter();
  expect(splitter.push(Buffer.from('a\nb\nc'))).toEqual(['a', 'b']);
  expect(splitter.push(Buffer.from('d'))).toEqual([]);
  expect(splitter.push(Buffer.from('\ne'))).toEqual(['cd']);
  expect(splitter.end()).toEqual(['e']);
  expect(splitter.end()).toEqual([]);
});

test('blank lines and CR LF', () => {
  expect(split([Buffer.from('a\r'), Buffer.from('\n\r\n\nb\n')])).toEqual(['a', 'b']);
});

test('a character cut in two', () => {
  const bytes = Buffer.from('né😀\n');
  for (let at = 0; at <= bytes.length; at++) {
    expect(split([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(['né😀']);
  }
});

test('any chunking of any text gives the same lines', () => {
  const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\r\n]/.test(text));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), fc.boolean(), (lines, places, lastEnd) => {
      const bytes = Buffer.from(lines.join('\n') + (lastEnd ? '\n' : ''));
      expect(split(cut(bytes, places))).toEqual(lines);
    }),
  );
});
