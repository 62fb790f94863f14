import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { CLUSTER, type Workplace, workplace } from './run.ts';

/** What only a process of its own can show: signals, pipes and exit codes. */
const MAIN = process.env.SBENCH_LAB_MAIN ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let redis: TestRedis;
let place: Workplace;
const started = new Set<ChildProcess>();
beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: npm run build`);
  redis = await startRedis();
  place = workplace(`redis: ${redis.url}\nclusters:\n  local: ${CLUSTER}\n`);
});
afterEach(async () => {
  for (const child of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  started.clear();
});
afterAll(async () => {
  await redis.stop();
  place.remove();
});

function sbench(...argv: string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: place.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: place.folder },
  });
  started.add(child);
  const so = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    so.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    so.err += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...so }));
  return { child, so, ended };
}

test('the exit code is the process’s', async () => {
  expect(await sbench('validate', 'recipe.yaml').ended).toMatchObject({ code: 0 });
  expect(await sbench('validate', 'gone.yaml').ended).toMatchObject({ code: 2, out: '' });
});

test('Ctrl-C while watching: 130, and the session goes on', async () => {
  const { child, so, ended } = sbench('submit', 'recipe.yaml', '--watch');
  await until('it watches', () => so.out.includes('in the queues'));
  child.kill('SIGINT');
  const { code, out, err } = await ended;
  expect(code).toBe(130);
  const id = out.split('\n')[0];
  expect(err).toContain(`stopped watching; the session goes on: sbench watch ${id}`);
  expect((await sbench('status', '@last', '--json').ended).out).toContain('"state":"queued"');
});

test('who reads may go away', async () => {
  const { child, ended } = sbench('submit', 'recipe.yaml', '--dry-run', '--offline');
  child.stdout.destroy();
  expect(await ended).toMatchObject({ code: 0, err: '' });
});

test('a worker drains at SIGTERM', async () => {
  const { child, so, ended } = sbench('worker', '--clusters', 'local');
  await until('it works', () => so.err.includes('worker ready'));
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0, out: '' });
});

test('a second signal ends it at once', async () => {
  const { child, so, ended } = sbench('worker');
  await until('it works', () => so.err.includes('worker ready'));
  child.kill('SIGINT');
  await until('it drains', () => so.err.includes('worker drains'));
  child.kill('SIGINT');
  // Unless the first one was enough already.
  expect([0, 130]).toContain((await ended).code);
});

test('a long answer reaches a program that reads it through a socket whole', () => {
  // spawnSync's stdout is one; what is larger than its buffer was cut off when the process exited.
  const { stdout } = spawnSync(process.execPath, [MAIN, 'schema'], { encoding: 'utf8', maxBuffer: 2 ** 24 });
  expect(stdout.length).toBeGreaterThan(230_000);
  expect(JSON.parse(stdout)).toHaveProperty('properties.service');
});
