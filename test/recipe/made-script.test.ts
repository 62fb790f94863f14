import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { madeArtifact, type ToMake } from '../../src/jobs/made-artifact.ts';
import { until } from '../support/until.ts';

// The text that makes images and models, run here: nothing of it needs a cluster.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbench-made-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bash = (line: string) => [['bash'], ['-c'], [line]];

/** Makes a file slowly, and counts how often. */
function spec(more: Partial<ToMake> = {}): ToMake {
  const path = join(folder, 'images/it.sif');
  const count = join(folder, 'count');
  const gate = join(folder, 'gate');
  return {
    kind: 'to-make',
    what: 'image it',
    path: [path],
    suffix: '.sif',
    check: [['test'], ['-e'], [path]],
    make: [
      bash(`echo made >>'${count}'; echo 'pulling layer 1'; while [ ! -e '${gate}' ]; do sleep 0.05; done`),
      bash('printf 1234 >"$SBENCH_NEW"'),
    ],
    hint: 'Make it.',
    ...more,
  };
}

function scriptOf(of: ToMake, name = 'it.sh'): string {
  const file = join(folder, name);
  writeFileSync(file, madeArtifact(of, { cache: [join(folder, 'cache')], modules: [] }).script);
  return file;
}

function ask(file: string, who: string, how = 'poll'): Promise<{ is: string; text: string }> {
  return new Promise((resolve, reject) => {
    execFile('bash', [file, how, join(folder, `${who}.seen`)], (error, stdout, stderr) => {
      const [, is = '', text = ''] = /^made (\S+) ?(\S*)$/m.exec(stdout) ?? [];
      if (is === '') reject(error ?? new Error(stdout + stderr));
      else resolve({ is, text: Buffer.from(text, 'base64').toString() });
    });
  });
}

const open = () => writeFileSync(join(folder, 'gate'), '');
const state = () => join(folder, 'cache/making', readdirSync(join(folder, 'cache/making'))[0] ?? '');
const times = () => readFileSync(join(folder, 'count'), 'utf8').trim().split('\n').length;
const present = (file: string, who: string) =>
  until(`${who} has it`, async () => {
    const answer = await ask(file, who);
    return answer.is === 'making' ? undefined : answer;
  });

describe('what is made on the cluster', () => {
  test('once, however many ask at once, and it tells them all how it goes', async () => {
    const file = scriptOf(spec());
    const callers = ['a', 'b', 'c', 'd', 'e'];
    const first = await Promise.all(callers.map((who) => ask(file, who)));
    expect(first.map(({ is }) => is)).toEqual(callers.map(() => 'making'));
    expect((await ask(file, 'a')).text).toContain('pulling layer 1');
    // Nothing half made has the name.
    expect(existsSync(join(folder, 'images/it.sif'))).toBe(false);
    open();
    const last = await Promise.all(callers.map((who) => present(file, who)));
    expect(last).toEqual(callers.map(() => ({ is: 'present', text: '4 bytes' })));
    expect(times()).toBe(1);
    expect(readdirSync(join(folder, 'images'))).toEqual(['it.sif']);
  });

  test('a maker that was killed is followed by another one', async () => {
    const file = scriptOf(spec());
    expect((await ask(file, 'a')).is).toBe('making');
    const [, , pid] = readFileSync(join(state(), 'claim.1'), 'utf8').split(' ');
    process.kill(Number(pid), 'SIGKILL');
    open();
    expect(await present(file, 'a')).toEqual({ is: 'present', text: '4 bytes' });
    expect(times()).toBe(2);
    expect(existsSync(join(state(), 'claim.2'))).toBe(true);
  });

  test('a failure is told to who waited for it, with the log; who comes later tries again', async () => {
    const failing = scriptOf(spec({ make: [bash('echo no space left; exit 3')] }));
    expect(await present(failing, 'a')).toEqual({ is: 'failed', text: 'no space left' });
    expect(await present(failing, 'a')).toMatchObject({ is: 'failed' });
    open();
    const file = scriptOf(spec());
    expect((await present(file, 'b')).is).toBe('present');
    // What was purged since is made again.
    rmSync(join(folder, 'images/it.sif'));
    expect((await present(file, 'c')).is).toBe('present');
    expect(times()).toBe(2);
  });

  test('asked to make it anew, each session gets one that is newer than its question', async () => {
    open();
    const file = scriptOf(spec({ force: true }));
    expect((await present(file, 'a')).is).toBe('present');
    expect((await present(file, 'a')).is).toBe('present');
    expect(times()).toBe(1);
    expect((await present(file, 'b')).is).toBe('present');
    expect(times()).toBe(2);
    expect(readFileSync(join(folder, 'images/it.sif'), 'utf8')).toBe('1234');
  });

  test('verified only: it says what is wrong, and makes nothing', async () => {
    const file = scriptOf(spec({ check: bash('echo layer 3 is missing; false') }));
    expect(await ask(file, 'a', 'verify')).toEqual({ is: 'missing', text: 'layer 3 is missing' });
    expect(existsSync(join(folder, 'count'))).toBe(false);
  });

  test('commands that make nothing, and a server that ends at once, are failures', async () => {
    const nothing = scriptOf(spec({ make: [bash('true')] }));
    expect((await present(nothing, 'a')).text).toContain('its commands succeeded, and made nothing');
    const served = scriptOf(spec({ serve: bash('exit 1'), path: [join(folder, 'other')] }));
    expect((await present(served, 'b')).text).toContain('the server that it needs ended at once');
  });
});
