import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SbenchError } from '../../src/shared/errors.ts';
import { loadSettings } from '../../src/shared/settings/load-settings.ts';
import { RecipeError } from '../../src/shared/yaml/problem.ts';
import { readTextFile } from '../../src/shared/yaml/read-text-file.ts';
import { planOf } from './fixture.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbench-read-'));
  mkdirSync(join(folder, 'many'));
  mkdirSync(join(folder, 'none'));
  for (const name of 'abcdef') writeFileSync(join(folder, 'many', `${name}.yml`), '');
  const files: Record<string, string | Buffer> = {
    'recipe.yaml': 'version: 1\n',
    'other.yml': '# é\n',
    'notes.txt': '',
    'elf.yaml': Buffer.from('\x7fELF\0'),
    'latin.yaml': Buffer.concat([Buffer.from('name: ü\nname: '), Buffer.from([0xe9, 0x0a])]),
    'cut.yaml': Buffer.concat([Buffer.from('a: b\nc: '), Buffer.from([0xe2, 0x82])]),
    'wide.yaml': Buffer.from('\ufeffname: x\n', 'utf16le'),
    'closed.yaml': 'version: 1\n',
    'bom.yaml': '\ufeffversion: 1\n',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  chmodSync(join(folder, 'closed.yaml'), 0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a person reads: the message, and below it what to do. */
function said(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SbenchError)) throw error;
    return `${error.message}\n${error.hint ?? ''}`.replaceAll(folder, 'HERE').trimEnd();
  }
  throw new Error('it was read');
}
const recipe = (name: string) => () => readTextFile(join(folder, name), name, 'recipe');
const YAML = 'bom.yaml, closed.yaml, cut.yaml, elf.yaml, latin.yaml …';

test.each([
  ['recpie.yaml', "there is no such file\nDid you mean 'recipe.yaml'?"],
  ['quite-another.yaml', `there is no such file\nIt was looked for in HERE; there are: ${YAML}`],
  ['none/x.yaml', 'there is no such file\nIt was looked for in HERE/none.'],
  ['gone/x.yaml', 'there is no such file\nThere is no folder HERE/gone either.'],
  ['many', 'it is a folder\nName a file in it; there are: a.yml, b.yml, c.yml, d.yml, e.yml …'],
  ['none', 'it is a folder\nName a file in it.'],
  ['recipe.yaml/x', 'a part of its path is a file, and no folder'],
])('%s', (name, words) => expect(said(recipe(name))).toBe(`cannot read the recipe ${name}: ${words}`));

test('one that is not yours to read', () => {
  // Root reads everything.
  const root = process.geteuid?.() === 0;
  chmodSync(folder, 0o755);
  if (root) process.seteuid?.(65_534);
  try {
    expect(said(recipe('closed.yaml'))).toBe(
      'cannot read the recipe closed.yaml: you may not read it\nSee whose it is: ls -l closed.yaml',
    );
  } finally {
    if (root) process.seteuid?.(0);
  }
});

test.each([
  ['elf.yaml', '1:5 is no text: it has a NUL byte here'],
  ['latin.yaml', '2:7 is no text in UTF-8: it has the byte 0xe9 here'],
  ['cut.yaml', '2:4 is no text in UTF-8: it has the byte 0xe2 here'],
  ['wide.yaml', '1:1 is UTF-16 text; save it as UTF-8'],
])('%s is no text, and where that shows', (name, words) => {
  const hint = `A recipe is a YAML text in UTF-8: is ${name} the file you meant?`;
  expect(said(recipe(name))).toBe(`${name}:${words}\n${hint}`);
  expect(recipe(name)).toThrow(RecipeError);
});

test('what has no end is not read to it', () => {
  expect(said(() => readTextFile('/dev/zero', 'zero', 'recipe'))).toBe(
    'zero is larger than 1 MiB: is it a recipe?',
  );
});

test('a byte order mark is no mistake; nothing at all says what is needed', () => {
  const read = (name: string) => readTextFile(join(folder, name), name, 'recipe');
  expect(said(() => planOf(read('bom.yaml')))).toBe(
    'r.yaml:1:2 the recipe has neither a service nor a client\n    \ufeffversion: 1\n     ^',
  );
  expect(said(() => planOf(read('other.yml')))).toMatch(
    /^r\.yaml:1:1 the recipe is empty: it needs a service/,
  );
});

test('a configuration likewise', () => {
  const load = (config: string) => said(() => loadSettings({ config, cwd: folder, env: {}, home: folder }));
  expect(load('gone.yaml')).toBe(
    'there is no configuration file HERE/gone.yaml (from --config)\nName one that is there, or make it: sbench init NAME --config HERE/gone.yaml',
  );
  expect(load('none')).toBe('cannot read the configuration HERE/none: it is a folder\nName a file in it.');
  expect(load('elf.yaml')).toBe(
    'HERE/elf.yaml:1:5 is no text: it has a NUL byte here\nA configuration is a YAML text in UTF-8: is HERE/elf.yaml the file you meant?',
  );
});
