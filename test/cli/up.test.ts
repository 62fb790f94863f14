import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { CLUSTER, workplace } from './run.ts';

const MAIN = process.env.SBENCH_LAB_MAIN ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

// Short: a socket's path has at most 107 bytes.
const state = mkdtempSync('/tmp/sb-up-');
const socket = join(state, 'sbench/redis/redis.sock');
const place = workplace(`clusters:\n  local: ${CLUSTER}\n`);
const children = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  // What a killed one left is ended by one that ends in order.
  const last = sbench('up', '--port', '0');
  await until('it runs', () => last.so.out.includes('redis ') || last.child.exitCode !== null);
  last.child.kill('SIGTERM');
  await last.ended;
  rmSync(state, { recursive: true });
  place.remove();
});

function sbench(...argv: string[]) {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: place.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: place.folder, XDG_STATE_HOME: state },
  });
  children.add(child);
  const so = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    so.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    so.err += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, ...so }));
  return { child, so, ended };
}

async function up(...options: string[]) {
  const started = sbench('up', '--port', '0', '--json', ...options);
  await until('all of it runs', () => started.so.out.endsWith('\n') || started.child.exitCode !== null);
  return { ...started, said: JSON.parse(started.so.out || '{}') };
}

test('up: its Redis is found by the others, lives through kill -9 and restarts, and is run once', async () => {
  const first = await up('--open-dashboard');
  expect(first.said).toEqual({
    redis: `unix://${socket}`,
    clusters: ['local'],
    dashboard: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
  });
  expect((await fetch(first.said.dashboard)).status).toBe(200);
  expect(statSync(join(state, 'sbench/redis')).mode & 0o777).toBe(0o700);
  expect(statSync(socket).mode & 0o077).toBe(0);

  const submitted = await sbench('submit', 'recipe.yaml').ended;
  expect(submitted).toMatchObject({ code: 0, err: '' });
  const id = submitted.out.trim();
  const double = await sbench('up').ended;
  expect(double).toMatchObject({ code: 2, err: expect.stringContaining('sbench up runs already') });

  first.child.kill('SIGKILL');
  await first.ended;
  // Its Redis goes on without it, and the next one takes it over. Without a password there is no dashboard.
  const second = await up();
  expect(second.said).toMatchObject({ redis: `unix://${socket}`, dashboard: null });
  expect((await sbench('list', '--json').ended).out).toContain(id);
  second.child.kill('SIGINT');
  expect(await second.ended).toMatchObject({ code: 0 });

  const without = await sbench('list').ended;
  expect(without).toMatchObject({ code: 3, err: expect.stringContaining('sbench up') });
  const third = await up();
  expect((await sbench('list', '--json').ended).out).toContain(id);
  third.child.kill('SIGTERM');
  expect(await third.ended).toMatchObject({ code: 0 });
});

test('up says what is missing: a cluster, a program for Redis, a shorter folder', async () => {
  place.write('none.yaml', 'results: ./r\n');
  expect(await place.sbench(['up', '--config', 'none.yaml'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('sbench init'),
  });
  expect(await place.sbench(['up'], { env: { PATH: '/nowhere' } })).toMatchObject({
    code: 3,
    err: expect.stringContaining('neither redis-server nor valkey-server is on the PATH'),
  });
  const env = { XDG_STATE_HOME: `/tmp/${'long'.repeat(30)}` };
  expect(await place.sbench(['up'], { env })).toMatchObject({
    code: 2,
    err: expect.stringContaining('too long'),
  });
});
