import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-code.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
  .join('\n');

/** Of `code: 'A'`, also where one of two is chosen. */
const codes = new Set(
  [...sources.matchAll(/\bcode:\s*([^,}\n]*(?:\n\s*\?[^,}\n]*)?)/g)].flatMap(([, value = '']) =>
    [...value.matchAll(/'([A-Z][A-Z_]+)'/g)].map(([, code = '']) => code),
  ),
);
// What is reported for an error that nobody threw on purpose.
codes.delete('INTERNAL');

test('every error has its line, and no line is without an error', () => {
  expect(codes.size).toBeGreaterThan(30);
  const told = new Set([...page.matchAll(/^\| ([A-Z][A-Z_]+) \|/gm)].map(([, code = '']) => code));
  expect([...codes].filter((code) => !told.has(code)).sort(), 'not in docs/errors.md').toEqual([]);
  expect([...told].filter((code) => !codes.has(code)).sort(), 'no error any more').toEqual([]);
});

test('so has every exit code', () => {
  const told = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(told).toEqual(Object.values(EXIT));
});
