import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readPreamble } from '../../src/jobs/preamble.ts';
import { sha256 } from '../../src/shared/slurm/remote/place.ts';
import { readSecret } from '../../src/workers/secrets.ts';
import { messagesOf, planOf, SERVICE } from './fixture.ts';
import { runScript, STUBS } from './run-script.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbench-secrets-'));
// What every attempt stands beside.
writeFileSync(join(folder, 'identity'), 'nonce');
afterAll(() => rmSync(folder, { recursive: true }));
const service = (environment: object) => ({ service: { ...SERVICE, environment } });

describe('a recipe names secrets', () => {
  test('the plan has their names and places, the script asks for them after the environment', () => {
    const environment = {
      A: { secret_file: '$KEYS/a' },
      B: { secret_file: '~/.secrets/b' },
      C: { secret: 'hf' },
      D: 'text',
    };
    const variables = { KEYS: '/project/$USER/keys' };
    const plan = planOf(service(environment), { cluster: { variables }, preamble: STUBS });
    expect(plan.roles[0]?.secrets).toEqual([
      { name: 'A', from: { is: 'cluster', path: '/project/hpc/keys/a' } },
      { name: 'B', from: { is: 'cluster', path: '$HOME/.secrets/b' } },
      { name: 'C', from: { is: 'worker', secret: 'hf' } },
    ]);
    const { calls } = runScript(plan.roles[0]?.script ?? '');
    expect(calls.filter(({ verb }) => verb === 'sb_secret').map(({ words }) => words)).toEqual([
      ['A', '/project/hpc/keys/a'],
      ['B', '/home/hpc/.secrets/b'],
      ['C'],
    ]);
  });
  test('a plan without any has no such member: older plans stay what they are', () => {
    expect(planOf({ service: SERVICE }).roles[0]).not.toHaveProperty('secrets');
  });
  test.each([
    [{ T: { secret_file: 'relative/path' } }, 'must start with / or $HOME/'],
    [{ T: { secret_file: '$NOWHERE/x' } }, 'uses $NOWHERE, which is not declared'],
    [{ T: { secret: '../etc/passwd' } }, 'is not a text; a secret is {secret_file: PATH}'],
    [{ T: { secret_file: '/x', secret: 'y' } }, 'is not a text; a secret is {secret_file: PATH}'],
    [{ OLLAMA_HOST: { secret: 'y' } }, 'is set by the kind ollama itself'],
  ])('%j is an error', (environment, message) => {
    expect(messagesOf(() => planOf(service(environment)))).toEqual([expect.stringContaining(message)]);
  });
});

describe('a worker has secrets', () => {
  test('by its environment or in its folder, without the last line end', async () => {
    writeFileSync(join(folder, 'hf'), 'from a file\n');
    expect(await readSecret('hf', folder, {})).toBe('from a file');
    expect(await readSecret('h-f.x', undefined, { SBENCH_SECRET_H_F_X: 'from the environment' })).toBe(
      'from the environment',
    );
  });
  test('or not: the error says which host looked where, and another worker may have it', async () => {
    await expect(readSecret('gone', folder, {})).rejects.toMatchObject({
      code: 'SECRET_MISSING',
      remedy: 'retry',
      message: expect.stringMatching(
        /^the worker on \S+ has no secret 'gone': \$SBENCH_SECRET_GONE and \/.*gone are not/,
      ),
    });
  });
});

describe('the preamble', () => {
  /** Runs lines after the preamble's functions, without Slurm. */
  function run(lines: string, files: Record<string, string> = {}) {
    rmSync(join(folder, 'spool'), { recursive: true, force: true });
    for (const each of ['tmp', 'new']) mkdirSync(join(folder, 'spool', each), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const script = `SB_ROLE=s1 SB_SIDE=service SLURM_JOB_ID=1 SLURM_JOB_NAME=x\n${readPreamble()}\n${lines}`;
    return spawnSync('bash', ['-s'], { input: script, cwd: folder, encoding: 'utf8' });
  }
  const value = 'hf_abc\'"$`\\*?[x] end';

  test('reads a value of any characters, and nothing of it is printed, not by a trace either', () => {
    const { stdout, stderr } = run('set -x\nsb_secret T "$PWD/t"\nset +x\nprintf "%s" "$T" | sha256sum\n', {
      t: `${value}\n`,
    });
    const hash = `${sha256(value)}  -\n`;
    expect(stdout).toBe(hash);
    expect(stderr).toContain('sb_secret T');
    expect(stderr).not.toContain('hf_abc');
  });
  test('takes from what the worker sent, whatever stands beside it', () => {
    const sent = [
      `OTHER ${Buffer.from('x').toString('base64')}`,
      `T ${Buffer.from(value).toString('base64')}`,
    ];
    const { stdout } = run('sb_secret T; printf "%s" "$T"', { 's1.secrets': `${sent.join('\n')}\n` });
    expect(stdout).toBe(value);
  });
  test('a program that prints its secret prints [secret], its last words arrive, and its exit code is its own', () => {
    const { stdout } = run(
      `sb_secret T "$PWD/t"; SB_STOPPING=''
      sb_start bash -c 'echo "before $T after $T"; echo error "$T" >&2; printf "the end, %s" "$T"; exit 7'
      sb_wait $SB_PID; echo "code $?" >>codes; sb_drain; cat codes; rm codes`,
      { t: value },
    );
    expect(stdout.split('\n').sort()).toEqual([
      '',
      'before [secret] after [secret]',
      'code 7',
      'error [secret]',
      'the end, [secret]',
    ]);
  });
  test.each([
    ['sb_secret T /nowhere/t', /the secret T is to come from \/nowhere\/t, which cannot be read on /],
    ['sb_secret T', /the secret T is not in the folder/],
    ['sb_secret T "$PWD/empty"', /the secret T is empty/],
  ])('%s: says so and ends', (line, words) => {
    rmSync(join(folder, 's1.secrets'), { force: true });
    const { stderr, status } = run(`SB_SIDE=client\n${line}\necho not reached`, { empty: '\n' });
    expect(stderr).toMatch(words);
    expect(status).toBe(70);
  });
});
