import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/shared/slurm/remote/place.ts';
import { installerText, toolPath } from '../../src/shared/slurm/remote/program.ts';
import { planOf } from '../recipe/fixture.ts';

// The remote tool between a recipe and sbatch, with an sbatch that writes down what it was given.
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sbench-words-'));
  mkdirSync(join(home, 'bin'));
  const sbatch = '#!/bin/bash\nprintf "%s\\0" "$@" >"$HOME/argv"\nenv -0 >"$HOME/environ"\necho 7\n';
  writeFileSync(join(home, 'bin', 'sbatch'), sbatch, { mode: 0o755 });
  spawnSync('sh', { input: installerText('w', 'n'), cwd: home });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const NASTY = [
  "'",
  '"',
  '$(touch canary)',
  '`touch canary`',
  '\\',
  '%j',
  ';touch canary;',
  '&',
  '|',
  '*',
  '~',
  '#!',
  '-',
];
/** What a resource may hold: no control characters. */
const resource = fc
  .oneof(
    fc.array(fc.constantFrom(...NASTY, ' ', 'é😀', '$HOME', '$$', '--wrap=x', '\u2028'), {
      minLength: 1,
      maxLength: 6,
    }),
    fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 }),
  )
  .map((parts) => parts.join(''))
  .filter((text) => !/\p{Cc}|\p{Surrogate}/u.test(text));

let session = 0;
function deliver(shell: string, script: Buffer, options: readonly string[], target: string) {
  const folder = join(home, 'w', 'v1', 'b23456', 'sessions', `s${++session}`, '1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(home, 'w', 'v1', 'b23456', 'identity'), 'x\n');
  const parts = [script, Buffer.from(options.map((option) => `${option}\n`).join('')), Buffer.from(target)];
  const data = Buffer.concat(parts);
  const sizes = parts.map((part) => String(part.length));
  const words = [
    toolPath('w'),
    'n1',
    'submit',
    'b23456',
    `s${session}`,
    '1',
    's1',
    'sb-x-s1',
    sha256(data),
    ...sizes,
  ];
  const env = { PATH: `${home}/bin:/usr/bin:/bin`, HOME: home, SBATCH_WAIT: '1', LD_PRELOAD: '' };
  const { stdout } = spawnSync(shell, words, { cwd: home, input: data, env, encoding: 'utf8' });
  expect(stdout).toContain('\naccepted 7\n');
  return {
    folder,
    argv: readFileSync(join(home, 'argv'), 'utf8').split('\0').slice(0, -1),
    environment: readFileSync(join(home, 'environ'), 'utf8').split('\0').slice(0, -1),
    script: readFileSync(join(folder, 's1.script')),
    target: readFileSync(join(folder, 's1.target'), 'utf8'),
  };
}

describe.each(['dash', 'bash'])('under %s', (shell) => {
  test('resource values reach sbatch as they are, one word each', () => {
    fc.assert(
      fc.property(resource, resource, resource, (account, constraint, extra) => {
        const resources = { account, constraint, extra };
        const [role] = planOf({ service: { type: 'ollama', model: 'x', resources } }).roles;
        const given = deliver(shell, Buffer.from('#!/bin/sh\n'), role?.options ?? [], '');
        const own = given.argv.filter((word) => /^--(account|constraint|extra)=/.test(word));
        expect(own).toEqual([`--account=${account}`, `--constraint=${constraint}`, `--extra=${extra}`]);
        // Then nothing but the script: no value can end the options, or become the script's argument.
        expect(given.argv.slice(-4)).toEqual([...own, join(given.folder, 's1.script')]);
        expect(readdirSync(home).sort()).toEqual(['argv', 'bin', 'environ', 'w']);
        expect(readdirSync(given.folder).sort()).toEqual([
          's1.options',
          's1.owner',
          's1.script',
          's1.target',
        ]);
      }),
      { numRuns: 40 },
    );
  });

  test('script and target arrive byte by byte, and sbatch starts with almost no environment', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.string({ unit: 'binary' }), (bytes, text) => {
        const target = Buffer.from(text).toString();
        const given = deliver(shell, Buffer.from(bytes), ['--mem=1G'], target);
        expect(given.script).toEqual(Buffer.from(bytes));
        expect(given.target).toBe(target);
        const names = given.environment.map((line) => line.split('=')[0] ?? '');
        expect(names.filter((name) => !/^(HOME|USER|LOGNAME|PATH|PWD|SHLVL|_)$/.test(name))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});
