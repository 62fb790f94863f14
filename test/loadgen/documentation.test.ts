import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ValidityCode } from '../../src/shared/result/validity.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/loadgen.md'), 'utf8');

test('docs/loadgen.md says of every validity code, and of no other, what was seen and what to do', () => {
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| .{10,} \| .{10,} \|$/gm)].map(([, code]) => code);
  expect(rows.sort()).toEqual(Object.values(ValidityCode).sort());
});
