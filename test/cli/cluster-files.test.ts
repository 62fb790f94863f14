import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeProducer, connectProducer, type ProducerDeps } from '../../src/producer/connect-producer.ts';
import { installationId } from '../../src/shared/redis/cluster-store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { endSession } from './end-session.ts';
import { type Workplace, workplace } from './run.ts';

/** `logs` and `results` ask the cluster's files: a login node is enough for that, without a Slurm. */
let redis: TestRedis;
let sshd: TestSshd;
let place: Workplace;
let deps: ProducerDeps;
let id: string;
beforeAll(async () => {
  [redis, sshd] = await Promise.all([startRedis(), startSshd()]);
  deps = await connectProducer(redis.url);
  place = workplace(configuration(join(sshd.folder, 'user')));
  id = (await place.sbench(['submit', 'recipe.yaml'])).out.trim();
  await endSession(deps, id, 'succeeded');
  const folder = `${sshd.folder}/work/v1/${await installationId(deps.redis)}/sessions/${id}/1`;
  mkdirSync(`${folder}/results/c1`, { recursive: true });
  writeFileSync(`${folder}/s1.out`, 'serving\r\n\u001b[32mready\u001b[0m\n');
  writeFileSync(`${folder}/c1.out`, 'measuring\n');
  writeFileSync(`${folder}/results/c1/result.json`, '{}');
});
afterAll(async () => {
  await closeProducer(deps);
  await redis.stop();
  await sshd.stop();
  place.remove();
});

const configuration = (key: string): string => `redis: ${redis.url}
clusters:
  local:
    hostname: 127.0.0.1
    port: ${sshd.port}
    username: ${userInfo().username}
    key_filename: ${key}
    known_hosts: ${sshd.folder}/known_hosts
    workdir: ${sshd.folder}/work
    variables: {LLM: /opt/llm}
`;

test('logs come from the cluster, and cannot touch the terminal', async () => {
  const { code, out, err } = await place.sbench(['logs', id]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toBe('==> s1 ollama <==\nserving\nready\n==> c1 ollama <==\nmeasuring\n');
  expect((await place.sbench(['logs', id, 'c1'])).out).toBe('measuring\n');
});

test('results are brought here once, whole', async () => {
  const first = await place.sbench(['results', '@last', '--json']);
  expect(first.code).toBe(0);
  const { folder, files } = JSON.parse(first.out);
  expect(folder).toBe(join(place.folder, 'results', id));
  expect(files).toEqual([
    'logs/c1.out',
    'logs/s1.out',
    'plan.json',
    'recipe.yaml',
    'results/c1/result.json',
    'session.json',
  ]);
  expect(JSON.parse(readFileSync(join(folder, 'session.json'), 'utf8'))).toMatchObject({
    id,
    state: 'succeeded',
  });

  writeFileSync(join(folder, 'note.txt'), 'mine');
  expect((await place.sbench(['results', '@last'])).out).toContain(`${folder}\n  logs/c1.out\n`);
  expect(readFileSync(join(folder, 'note.txt'), 'utf8')).toBe('mine');
  rmSync(folder, { recursive: true });
});

test('a cluster that refuses the key: exit code 3, and what to do', async () => {
  place.write('other.yaml', configuration(join(sshd.folder, 'other')));
  const { code, out, err } = await place.sbench(['logs', id, '--config', 'other.yaml']);
  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(err).toMatch(/^error: .+\n.+/);
});

test('a session of a cluster that is not configured here', async () => {
  place.write('none.yaml', `redis: ${redis.url}\n`);
  const { code, err } = await place.sbench(['results', id, '--config', 'none.yaml']);
  expect(code).toBe(2);
  expect(err).toContain(`session ${id} ran on cluster local, which is not configured here`);
});
