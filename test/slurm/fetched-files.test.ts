import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toolText } from '../../src/shared/slurm/remote/program.ts';

const MIB = 1024 * 1024;
let folder: string;
let attempt: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbench-fetch-'));
  mkdirSync(join(folder, 'v1/tool'), { recursive: true });
  writeFileSync(join(folder, 'v1/tool/tool.sh'), toolText);
  attempt = join(folder, 'v1/bx/sessions/261123-abcdef/1');
  mkdirSync(join(attempt, 'results/c1'), { recursive: true });
  writeFileSync(join(folder, 'v1/bx/identity'), 'x\n');
  writeFileSync(join(folder, 'secret'), 'SECRET');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The login node is a shell here. Whatever lies there, it ends. */
function ask(verb: string, ...more: (string | number)[]): Buffer {
  const args = ['nonce', verb, 'bx', '261123-abcdef', '1', ...more.map(String)];
  const { status, signal, stdout } = spawnSync('sh', [join(folder, 'v1/tool/tool.sh'), ...args], {
    input: '',
    timeout: 30_000,
    maxBuffer: 64 * MIB,
  });
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  return stdout;
}
const fifo = (path: string) => expect(spawnSync('sh', ['-c', 'mkfifo "$0"', path]).status).toBe(0);

test('links and FIFOs in the place of logs, lists and results are not read', () => {
  for (const name of ['c1.out', 'c1.manifest', 'results/c1/link.json'])
    symlinkSync(join(folder, 'secret'), join(attempt, name));
  fifo(join(attempt, 's1.out'));
  fifo(join(attempt, 's1.manifest'));
  fifo(join(attempt, 'results/c1/fifo'));
  writeFileSync(join(attempt, 'results/c1/result.json'), 'RESULT');
  const tar = ask('fetch', MIB, 100 * MIB).toString('latin1');
  expect(tar).toContain('RESULT');
  expect(tar).not.toContain('SECRET');
  for (const role of ['c1', 's1']) expect(ask('tail', role, 100).toString()).not.toContain('SECRET');
});

test('in another tree than the installation’s there is no answer, rather than "nothing there"', () => {
  rmSync(join(folder, 'v1/bx/identity'));
  const args = ['nonce', 'fetch', 'bx', '261123-abcdef', '1', '10', '10'];
  const { status, stdout } = spawnSync('sh', [join(folder, 'v1/tool/tool.sh'), ...args], { input: '' });
  expect({ status, said: stdout.toString() }).toEqual({ status: 71, said: '' });
});

test('more than fits: as many small files as fit, the result first, and it is said', () => {
  for (let file = 0; file < 40; file++) {
    const path = join(attempt, `results/c1/part-${file}`);
    writeFileSync(path, '');
    truncateSync(path, MIB);
  }
  writeFileSync(join(attempt, 'results/c1/result.json'), 'RESULT');
  const most = 8 * MIB;
  const answer = ask('fetch', MIB, most);
  expect(answer.length).toBeLessThan(2 * most);
  expect(answer.toString('latin1')).toContain('RESULT');
  expect(answer.toString('latin1').slice(-200)).toMatch(/@sbench-tar 0 yes/);
});
