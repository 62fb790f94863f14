import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Need {
  what: string;
  name?: string;
}
type Machine = Record<'has' | 'runtimes' | 'images' | 'debian', string[]>;

const SOURCE = new URL('../../scripts/needs.mjs', import.meta.url).href;
const { readNeeds, lacking } = (await import(SOURCE)) as {
  readNeeds(text: string): Need[] | { problem: string };
  lacking(needs: Need[], machine: Machine): string[];
};
const here: Machine = { has: ['llm'], runtimes: ['charliecloud'], images: ['redis'], debian: ['wrk'] };
const missing = (line: string) => lacking(readNeeds(`# needs: ${line}\nversion: 1\n`) as Need[], here);

test.each<[string, string[]]>([
  ['runtime none', []],
  ['runtime none; debian: wrk', []],
  ['runtime none; debian: nginx-light wrk', ["Debian's nginx-light"]],
  ['gpu, apptainer, network', ['a GPU', 'apptainer', 'compute nodes that reach the internet']],
  ['runtime charliecloud; image redis; llm', []],
  ['image vllm; module Ollama', ['an image of vllm', 'the module Ollama']],
])('needs: %s', (line, expected) => {
  expect(missing(line)).toEqual(expected);
});

test.each(['gpus', 'runtime kvm', 'debian:', 'image a b', 'runtime none;', 'toString'])(
  'is not something to need: %s',
  (line) => {
    expect(readNeeds(`# needs: ${line}`)).toHaveProperty('problem');
  },
);

test('every recipe says what it needs, on its first line', () => {
  const folder = fileURLToPath(new URL('../../recipes/', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.yaml'));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files)
    expect({ file, needs: readNeeds(readFileSync(join(folder, file), 'utf8')) }).toEqual({
      file,
      needs: expect.any(Array),
    });
});
