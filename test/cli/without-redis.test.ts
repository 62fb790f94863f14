import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonLine, printableLines } from '../../src/cli/printable-text.ts';
import { programOf } from '../../src/cli/run-cli.ts';
import { number } from '../../src/cli/show-results.ts';
import { table } from '../../src/cli/table.ts';
import { CLUSTER, type Workplace, workplace } from './run.ts';

let place: Workplace;
beforeAll(() => {
  // Port 1 answers nobody.
  place = workplace(`redis: redis://:secret@127.0.0.1:1\nclusters:\n  local: ${CLUSTER}\n`);
});
afterAll(() => place.remove());

describe('validate', () => {
  test('a good recipe', async () => {
    expect(await place.sbench(['validate', 'recipe.yaml'])).toEqual({
      code: 0,
      out: 'recipe.yaml is valid for cluster local\n',
      err: '',
    });
  });

  test('every problem with its place', async () => {
    place.write('bad.yaml', 'service:\n  type: olama\n  model: tiny\n  enviroment: {A: b}\n');
    const { code, out, err } = await place.sbench(['validate', 'bad.yaml']);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain("bad.yaml:2:9 unknown service kind 'olama'. Did you mean 'ollama'?");
    expect(err).toContain(
      "bad.yaml:4:3 unknown key 'enviroment' in service. Did you mean 'environment'?\n      enviroment",
    );
  });

  test('problems as data', async () => {
    place.write('bad.yaml', 'service:\n  type: olama\n  model: tiny\n');
    const { code, out, err } = await place.sbench(['validate', 'bad.yaml', '--json']);
    expect(code).toBe(2);
    expect(out).toBe('');
    const { error } = JSON.parse(err);
    expect(error.code).toBe('USAGE');
    expect(error.problems[0]).toMatchObject({ file: 'bad.yaml', line: 2, column: 9 });
  });

  test('without any cluster, what can be told is told', async () => {
    const bare = workplace('redis: redis://127.0.0.1:1\n');
    try {
      const good = await bare.sbench(['validate', 'recipe.yaml', '--json']);
      expect(good.code).toBe(0);
      expect(JSON.parse(good.out)).toMatchObject({ valid: true, cluster: null });
      const bad = await bare.sbench(['validate', 'recipe.yaml', '--set', 'service.modell=x']);
      expect(bad.code).toBe(2);
      expect(bad.err).toContain("unknown key 'modell'");
    } finally {
      bare.remove();
    }
  });

  test('a recipe that is not there', async () => {
    const { code, err } = await place.sbench(['validate', 'nowhere.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('cannot read the recipe nowhere.yaml: there is no such file\nIt was looked for in');
  });

  test.each([
    ['recipes', 'cannot read the recipe recipes: it is a folder\nName a file in it; there are: a.yaml.\n'],
    ['empty.yaml', 'empty.yaml:1:1 the recipe is empty: it needs a service'],
    ['nul.yaml', 'nul.yaml:2:1 is no text: it has a NUL byte here\nA recipe is a YAML text in UTF-8'],
  ])('%s is no recipe, and it says why', async (name, words) => {
    place.write('recipes/a.yaml', '');
    place.write('empty.yaml', '');
    place.write('nul.yaml', '\n\0');
    for (const command of ['validate', 'submit', 'stage']) {
      const { code, out, err } = await place.sbench([command, name]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(words);
    }
  });

  test('escape sequences of a recipe do not reach the terminal', async () => {
    place.write('evil.yaml', 'service: {type: "\\e]0;owned\\a\\e[31m", model: tiny}\n');
    const { code, err } = await place.sbench(['validate', 'evil.yaml']);
    expect(code).toBe(2);
    expect(err).not.toMatch(/[^\P{Cc}\n\t]/u);
  });
});

describe('submit --dry-run', () => {
  test('plan, options, scripts and the cost', async () => {
    const { code, out, err } = await place.sbench([
      'submit',
      'recipe.yaml',
      '--dry-run',
      '--offline',
      '--set',
      'client.parameters.max_tokens=77',
    ]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('session  tiny\ncluster  local: alice@login.example:2222, in .sbench\n');
    expect(out).toContain('service  s1 ollama\nclient   c1 ollama\n');
    expect(out).toMatch(
      /--- s1 ollama: sbatch options .*\n(--.*\n)*--gpus=2\n(--.*\n)*--time=0-00:30:00\n--- s1/,
    );
    expect(out).toContain("node: the worker's own Node.js");
    expect(out).toMatch(/loadgen\S*: \d+ bytes, sha256 [0-9a-f]{64}/);
    expect(out).toContain('--- s1 ollama: batch script\n#!/bin/bash\n');
    expect(out).toContain('--- c1 ollama: batch script\n#!/bin/bash\n');
    expect(out).toMatch(/"?maxTokens"?: ?77/);
    expect(out.trimEnd().split('\n').at(-1)).toBe('at most 0.75 node-hours and 1 GPU-hours (2 GPUs at once)');
  });

  test('as data', async () => {
    const { code, out } = await place.sbench([
      'submit',
      'recipe.yaml',
      '--dry-run',
      '--offline',
      '--json',
      '--label',
      'a=b',
    ]);
    expect(code).toBe(0);
    const { plan, atMost, slurm } = JSON.parse(out);
    expect(slurm).toBeUndefined();
    expect(plan.roles.map((role: { role: string }) => role.role)).toEqual(['s1', 'c1']);
    expect(plan.labels).toEqual({ a: 'b' });
    expect(atMost).toEqual({ nodeHours: 0.75, gpuHours: 1, gpusAtOnce: 2, unlimited: [], unknownGpus: [] });
  });

  test('a cluster out of reach is said, and is no failure', async () => {
    // Nobody listens there.
    const away = workplace(
      'clusters: {local: {hostname: 127.0.0.1, port: 1, username: alice, variables: {LLM: /opt/llm}}}\n',
    );
    away.write(
      '.ssh/known_hosts',
      '[127.0.0.1]:1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1nV8nDbbNtfuVDWkJrUEVDbbBEGKH5lKKoNi0QO2mZ\n',
    );
    try {
      const { code, out } = await away.sbench(['submit', 'recipe.yaml', '--dry-run']);
      expect(code).toBe(0);
      expect(out.trimEnd()).toMatch(/GPUs at once\)\n\nSlurm on local was not asked: .*127\.0\.0\.1/);
      const { out: json } = await away.sbench(['submit', 'recipe.yaml', '--dry-run', '--json']);
      expect(JSON.parse(json).slurm).toMatchObject([
        { cluster: 'local', asked: false, why: expect.any(String) },
      ]);
    } finally {
      away.remove();
    }
  });
});

describe('no Redis', () => {
  test.each([
    ['submit', 'recipe.yaml'],
    ['status'],
    ['list'],
    ['watch', '@last'],
    ['cancel', '@last'],
    ['logs', '@last'],
    ['results', '@last'],
    ['dashboard', '--no-auth'],
  ])('%s says where it looked', async (...argv) => {
    const { code, out, err } = await place.sbench(argv);
    expect(code).toBe(3);
    expect(out).toBe('');
    expect(err).toContain('no Redis answers at redis://***@127.0.0.1:1');
    expect(err).toContain('Start one with all that is needed: sbench up. Or say where it is');
    expect(err).not.toContain('secret');
  });

  test('as data', async () => {
    const { code, err } = await place.sbench(['list', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(err).error).toMatchObject({ code: 'REDIS' });
  });
});

describe('wrong command lines', () => {
  test.each([
    [['submti'], "unknown command 'submti'"],
    [['list', '--bogus'], "unknown option '--bogus'"],
    [['list', '--limit', 'x'], 'It must be a number above 0'],
    [['submit'], "missing required argument 'recipe'"],
    [['submit', 'recipe.yaml', '--label', 'novalue'], '--label novalue is not of the form name=value'],
    [['cancel'], 'name one session or group, or give --all'],
    [['cancel', '@last', '--all'], 'name one session or group, or give --all'],
    [['worker', '--clusters', 'locale'], "the cluster 'locale' is not configured. Did you mean 'local'?"],
    [['dashboard', '--port', '99999'], 'It must be a number from 0 to 65535'],
    [['list', '--config', 'gone.yaml'], 'there is no configuration file'],
  ])('%j', async (argv, text) => {
    const { code, out, err } = await place.sbench(argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(text);
  });

  test('nothing at all shows the help, and is wrong', async () => {
    const { code, err } = await place.sbench([]);
    expect(code).toBe(2);
    expect(err).toContain('Usage: sbench');
  });
});

describe('help', () => {
  const silent = { exitCode: 0, terminal: { color: false } } as unknown as Parameters<typeof programOf>[0];
  const commands = programOf(silent).commands.filter((command) => !command.name().startsWith('_'));

  test.each(commands.map((command) => command.name()))('%s --help has an example', async (name) => {
    const { code, out, err } = await place.sbench([name, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    // Perhaps with a variable of the environment before it.
    expect(out).toMatch(new RegExp(`Examples?:\\n  (\\S+=\\S+ )*sbench ${name}`));
  });

  test('the version', async () => {
    expect((await place.sbench(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

test('config shows each value with its origin, and no password', async () => {
  const env = { SBENCH_CLUSTERS__LOCAL__PORT: '2200', SBENCH_SSH_PASSWORD: 'hunter2' };
  const { code, out } = await place.sbench(['config', '--json'], { env });
  expect(code).toBe(0);
  expect(out).not.toMatch(/:secret|hunter2/);
  const { values } = JSON.parse(out);
  const found = Object.fromEntries(
    values.map(({ key, value, origin }: Record<string, string>) => [key, [value, origin]]),
  );
  expect(found.redis).toEqual(['redis://***@127.0.0.1:1', `${place.folder}/sbench.config.yaml:1:8`]);
  expect(found['clusters.local.port']).toEqual(['2200', '$SBENCH_CLUSTERS__LOCAL__PORT']);
  expect(found['clusters.local.workdir']).toEqual(['.sbench', 'a default']);
  expect(found['clusters.local.variables.LLM']?.[0]).toBe('/opt/llm');
  expect(found.SBENCH_SSH_PASSWORD).toEqual(['***', '$SBENCH_SSH_PASSWORD']);
});

describe('what is printed', () => {
  test('text of others cannot move the cursor or set a title', () => {
    expect(printableLines('a\u001b[31mred\u001b[0m\u001b]0;title\u0007\r\nb\u0008c\u009b')).toBe(
      'ared\nb\ufffdc\ufffd',
    );
  });

  test('neither can JSON', () => {
    const value = { text: '\u001b[2J\u009b2J\u2028' };
    expect(jsonLine(value)).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(jsonLine(value))).toEqual(value);
  });

  test('a table is as wide as its cells, and a cell is one line', () => {
    const text = table(
      [{ title: 'A' }, { title: 'B', align: 'right' }],
      [
        ['x\ny', '1'],
        ['long cell', '10'],
      ],
    );
    expect(text).toBe('A           B\nx y         1\nlong cell  10');
  });

  test('a missing number does not look like a small one', () => {
    expect([null, 0, 9.994, 12.34, 1234.5].map(number)).toEqual(['–', '0.00', '9.99', '12.3', '1235']);
  });
});
