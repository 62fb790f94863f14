import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programOf } from '../../src/cli/run-cli.ts';
import { closeProducer, connectProducer, type ProducerDeps } from '../../src/producer/connect-producer.ts';
import { installationId } from '../../src/shared/redis/cluster-store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { until } from '../support/until.ts';
import { endSession, serveSession } from './end-session.ts';
import { type Ran, type Workplace, workplace } from './run.ts';

// What `--json` promises, for every command that there is: stdout is one JSON object (or one a line), and nothing else;
// what went wrong is one on stderr. A command without a row here fails.
const MAIN = process.env.SBENCH_LAB_MAIN ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

type Row =
  /** How it ends: one object; lines of objects; an error's code. `$over`, `$open`, `$group` are sessions. */
  | { argv: string; code?: number; prints: 'object' | 'lines' }
  | { argv: string; code: number; error: string }
  /** It goes on until a signal: in a process of its own. */
  | { argv: string; until: 'SIGTERM'; code: number };

const object = (argv: string, code = 0): Row => ({ argv, code, prints: 'object' });
const lines = (argv: string, code = 0): Row => ({ argv, code, prints: 'lines' });
const wrong = (argv: string, code = 2, error = 'USAGE'): Row => ({ argv, code, error });
const serves = (argv: string, code = 0): Row => ({ argv, until: 'SIGTERM', code });

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  // With a Slurm behind the login node: test/cluster/own-cluster.test.ts.
  init: [
    wrong('site'),
    wrong('--yes'),
    wrong('new --hostname 127.0.0.1 --port 1 --yes', 3, 'SSH_UNREACHABLE'),
  ],
  services: [object(''), object('redis'), wrong('reddis')],
  clients: [object(''), object('ollama'), wrong('olama')],
  validate: [object('recipe.yaml'), wrong('bad.yaml'), wrong('gone.yaml'), wrong('binary.yaml')],
  submit: [
    object('recipe.yaml'),
    object('matrix.yaml'),
    object('recipe.yaml --dry-run --offline'),
    wrong('bad.yaml'),
    wrong('recipe.yaml --label x'),
  ],
  stage: [object('recipe.yaml'), object('recipe.yaml --dry-run'), wrong('bad.yaml')],
  status: [object(''), object('$over'), object('$group'), wrong('nobody')],
  list: [object(''), object('--group $group'), wrong('--group $over'), wrong('--limit x')],
  watch: [lines('$over'), wrong('nobody')],
  logs: [lines('$over'), lines('$over c1 --follow'), wrong('$over c7'), wrong('nobody')],
  tunnel: [serves('$open', 130), wrong('$over'), wrong('$open 0')],
  cancel: [lines('$over'), wrong(''), wrong('nobody')],
  retry: [wrong('$open'), wrong('nobody'), object('$failed')],
  results: [object('$over'), wrong('$open'), wrong('nobody')],
  report: [
    object('$over'),
    object('$over --out - --format md'),
    wrong('nobody'),
    wrong('$over --format pdf'),
  ],
  compare: [object('$over $over'), wrong('$over nobody'), wrong('$over $over --fail-on much')],
  up: [serves('--config idle.yaml --port 0'), wrong('--port x')],
  worker: [serves('--clusters away'), wrong('--clusters seite'), wrong('--concurrency 0')],
  dashboard: [serves('--no-auth --port 0'), wrong('--port 0')],
  // What it says of a whole cluster: test/cluster/own-cluster.test.ts.
  'cluster check': [wrong('seite'), object('away --no-job', 3)],
  'cluster list': [object('')],
  'cluster status': [object(''), object('site'), wrong('seite')],
  'cluster trust': [object('site'), wrong('seite'), wrong('away', 3, 'SSH_UNREACHABLE')],
  'cluster resume': [object('site'), wrong('seite')],
  cleanup: [object('unused'), wrong('seite'), wrong('--older-than 1')],
  config: [object(''), wrong('--config gone.yaml')],
  completion: [object('bash'), wrong('basch')],
  schema: [object(''), object('result'), wrong('recept'), wrong('--markdown')],
};

const silent = { exitCode: 0, terminal: { color: false } } as unknown as Parameters<typeof programOf>[0];
const leaves = (command: Command, path: string[] = []): string[] =>
  command.commands
    .filter((each) => !each.name().startsWith('_'))
    .flatMap((each) =>
      each.commands.length > 0 ? leaves(each, [...path, each.name()]) : [[...path, each.name()].join(' ')],
    );
const commands = leaves(programOf(silent));

let redis: TestRedis;
let sshd: TestSshd;
let place: Workplace;
let deps: ProducerDeps;
const ids: Record<string, string> = {};
const children = new Set<ChildProcess>();
beforeAll(async () => {
  [redis, sshd] = await Promise.all([startRedis(), startSshd()]);
  deps = await connectProducer(redis.url);
  place = workplace(`redis: ${redis.url}
default_cluster: site
clusters:
  site:
    hostname: 127.0.0.1
    port: ${sshd.port}
    username: ${userInfo().username}
    key_filename: ${sshd.folder}/user
    known_hosts: ${sshd.folder}/known_hosts
    workdir: ${sshd.folder}/work
    variables: {LLM: /opt/llm}
  away: {hostname: 127.0.0.1, port: 1, username: alice}
  unused: {hostname: 127.0.0.1, port: 1, username: alice}
`);
  place.write(
    'idle.yaml',
    `redis: ${redis.url}\nclusters: {away: {hostname: 127.0.0.1, port: 1, username: alice}}\n`,
  );
  place.write('bad.yaml', 'service:\n  type: olama\n  model: tiny\n');
  writeFileSync(join(place.folder, 'binary.yaml'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]));
  place.write('matrix.yaml', 'service: {type: ollama, model: $m}\nclient: {}\nmatrix: {m: [tiny, small]}\n');
  const submit = async (file: string) => (await place.sbench(['submit', file])).out.trim();
  for (const name of ['$over', '$failed', '$open']) ids[name] = await submit('recipe.yaml');
  ids.$group = await submit('matrix.yaml');
  await endSession(deps, ids.$over ?? '', 'succeeded');
  await endSession(deps, ids.$failed ?? '', 'failed');
  await serveSession(deps, ids.$open ?? '');
  const attempt = `${sshd.folder}/work/v1/${await installationId(deps.redis)}/sessions/${ids.$over}/1`;
  mkdirSync(`${attempt}/results/c1`, { recursive: true });
  writeFileSync(`${attempt}/c1.out`, 'measuring\n\u001b[32mdone\u001b[0m\n');
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await closeProducer(deps);
  await redis.stop();
  await sshd.stop();
  place.remove();
});

/** @throws unless it is one whole line that holds one object. */
function objectOf(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  expect(value !== null && typeof value === 'object' && !Array.isArray(value), line).toBe(true);
  return value as Record<string, unknown>;
}

function objectsOf(out: string): Record<string, unknown>[] {
  expect(out === '' || out.endsWith('\n')).toBe(true);
  return out.split('\n').slice(0, -1).map(objectOf);
}

/** The last line of stderr; what is said before it is for people. */
function errorOf({ out, err }: Ran): Record<string, unknown> {
  expect(out).toBe('');
  const { error, ...rest } = objectOf(err.trimEnd().split('\n').at(-1) ?? '');
  expect(rest).toEqual({});
  expect(error).toMatchObject({ code: expect.stringMatching(/^[A-Z][A-Z_]+$/), message: expect.any(String) });
  const { code: _, message, hint = 'a hint', problems = [], ...others } = error as Record<string, unknown>;
  expect({ message, hint, problems, others }).toEqual({
    message: expect.stringMatching(/\S/),
    hint: expect.stringMatching(/\S/),
    problems: expect.any(Array),
    others: {},
  });
  return error as Record<string, unknown>;
}

test('every command has its rows, and takes --json', async () => {
  expect(commands.filter((name) => !(name in ROWS))).toEqual([]);
  expect(Object.keys(ROWS).filter((name) => !commands.includes(name))).toEqual([]);
  for (const name of commands) {
    const { code, out } = await place.sbench([...name.split(' '), '--help']);
    expect({ name, code, json: /^ {2}--json /m.test(out) }).toEqual({ name, code: 0, json: true });
  }
});

test.each(commands)('%s with an option that it does not have', async (name) => {
  const ran = await place.sbench([...name.split(' '), '--bogus', '--json']);
  expect(ran.code).toBe(2);
  expect(errorOf(ran)).toMatchObject({ code: 'USAGE', message: expect.stringContaining("'--bogus'") });
});

const all = Object.entries(ROWS).flatMap(([name, rows]) => rows.map((row) => [name, row] as const));
test.each(all)('%s %j', async (name, row) => {
  const words = [...name.split(' '), ...row.argv.split(' ').filter(Boolean), '--json'];
  const argv = words.map((word) => ids[word] ?? word);
  if ('until' in row) {
    const { out, ...ran } = await served(argv, row.until);
    expect(objectsOf(out)).toHaveLength(1);
    expect(ran).toMatchObject({ code: row.code });
    return;
  }
  const ran = await place.sbench(argv);
  if ('error' in row) {
    expect(ran.code).toBe(row.code);
    expect(errorOf(ran).code).toBe(row.error);
    return;
  }
  expect(ran).toMatchObject({ code: row.code });
  const printed = objectsOf(ran.out);
  if (row.prints === 'object') expect(printed).toHaveLength(1);
  else expect(printed.length).toBeGreaterThan(0);
});

test('neither no command nor half of one is data', async () => {
  for (const argv of [['--json'], ['cluster', '--json'], ['sumbit', '--json']]) {
    const ran = await place.sbench(argv);
    expect(ran.code).toBe(2);
    expect(errorOf(ran).code).toBe('USAGE');
  }
});

/** Until it has printed; then it is told to end. */
async function served(argv: readonly string[], signal: NodeJS.Signals): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: place.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: place.folder },
  });
  children.add(child);
  const so = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    so.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    so.err += chunk;
  });
  const closed = once(child, 'close');
  await until('it says so', () => so.out.endsWith('\n') || child.exitCode !== null);
  child.kill(signal);
  const [code] = await closed;
  children.delete(child);
  return { code: code as number, ...so };
}
