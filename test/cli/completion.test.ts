import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { CLUSTER, type Workplace, workplace } from './run.ts';

const MAIN = process.env.SBENCH_LAB_MAIN ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let redis: TestRedis;
let place: Workplace;
let id: string;
beforeAll(async () => {
  redis = await startRedis();
  place = workplace(`redis: ${redis.url}\nclusters:\n  local: ${CLUSTER}\n  lux: ${CLUSTER}\n`);
  id = (await place.sbench(['submit', 'recipe.yaml', '--set', 'cluster=local'])).out.trim();
  chmodSync(place.write('bin/sbench', `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`), 0o755);
});
afterAll(async () => {
  await redis.stop();
  place.remove();
});

const complete = async (...words: string[]) =>
  (await place.sbench(['__complete', '--', ...words])).out.split('\n').filter(Boolean);

test('commands, options, clusters, sessions; nothing where a file is meant', async () => {
  expect(await complete('clu')).toEqual(['cluster']);
  expect(await complete('cluster', 'ch')).toEqual(['check']);
  expect(await complete('cluster', 'check', '')).toEqual(['local', 'lux']);
  expect(await complete('cluster', 'check', 'lux', '')).toEqual([]);
  expect(await complete('worker', '--clusters', 'lu')).toEqual(['lux']);
  expect(await complete('submit', '--dry')).toEqual(['--dry-run']);
  expect(await complete('sta')).toEqual(['stage', 'status']);
  expect(await complete('submit', '')).toEqual([]);
  expect(await complete('status', '')).toEqual(['@last', id]);
  expect(await complete('completion', 'f')).toEqual(['fish']);
  expect(await complete('')).not.toContain('__complete');
  expect(
    (await place.sbench(['__complete', '--', 'status', ''], { env: { SBENCH_REDIS: 'redis://127.0.0.1:1' } }))
      .out,
  ).toBe('@last\n');
  expect((await place.sbench(['completion', 'powershell'])).code).toBe(2);
});

const shell = (program: string, ...words: string[]) =>
  execFileSync(program, words, {
    cwd: place.folder,
    encoding: 'utf8',
    env: { PATH: `${place.folder}/bin:${process.env.PATH}`, HOME: place.folder },
  }).trim();

test('bash completes', () => {
  const script = `eval "$(sbench completion bash)"; complete -p sbench
    COMP_WORDS=(sbench status ${id.slice(0, 8)}); COMP_CWORD=2; _sbench; echo "\${COMPREPLY[@]}"
    COMP_WORDS=(sbench cluster ''); COMP_CWORD=2; _sbench; echo "\${COMPREPLY[@]}"`;
  expect(shell('bash', '-c', script).split('\n')).toEqual([
    'complete -o default -F _sbench sbench',
    id,
    expect.stringMatching(/^check list status trust/),
  ]);
});

test('fish completes', () => {
  const script = `sbench completion fish | source
    complete -C 'sbench status ${id.slice(0, 8)}'; complete -C 'sbench worker --clus'`;
  expect(shell('fish', '-c', script).split('\n')).toEqual([id, '--clusters']);
});
