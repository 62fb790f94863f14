import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultSchema } from '../../src/shared/result/result.ts';
import { toolResultSchema } from '../../src/shared/result/tool-result.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { testbedFacts } from '../support/testbed.ts';

const shipped = (name: string): string =>
  readFileSync(new URL(`../../recipes/${name}`, import.meta.url), 'utf8');

/** Debian's redis from an image, and its client in the same one. */
const contained = () => {
  const container = { runtime: 'charliecloud' };
  const resources = { partition: 'cpu', cpus: 1, mem: '500M', time: '5m' };
  return JSON.stringify({
    version: 1,
    service: {
      type: 'redis',
      container: { ...container, image_path: testbedFacts().images.folder },
      resources,
    },
    client: {
      container,
      parameters: { requests: 500, tests: 'ping_mbulk' },
      sweep: { clients: [1, 2] },
      repeat: 2,
      resources,
    },
  });
};

// The recipes as they are shipped, smaller; the programs are Debian's, the cluster is real.
describe('services and tools of other people', () => {
  let lab: Lab;
  let redis: string;
  let postgres: string;
  let openai: string;
  let image: string;

  beforeAll(async () => {
    lab = await openLab();
    lab.startWorker();
    const small = ['client.sweep.clients=[2,3]'];
    [redis, postgres, openai, image] = await Promise.all([
      lab.submit(shipped('redis.yaml'), {
        set: [...small, 'client.sweep.pipeline=[8]', 'client.parameters.requests=500'],
      }),
      lab.submit(shipped('postgres.yaml'), { set: [...small, 'client.duration=1s'] }),
      lab.submit(shipped('openai.yaml'), {
        set: [
          'client.sweep.concurrency=[2]',
          'client.parameters.requests=4',
          'client.parameters.max_tokens=8',
        ],
      }),
      lab.submit(contained()),
    ]);
  });
  afterAll(() => lab?.close());

  const read = (id: string, name: string): string =>
    readFileSync(join(lab.folder, 'results', id, name), 'utf8');

  it('Redis: each point is a run of redis-benchmark, and its numbers are unchanged', async () => {
    const record = await lab.untilOver(redis);
    expect(record.state, JSON.stringify(record.roles)).toBe('succeeded');
    const result = toolResultSchema.parse(record.results.c1);
    expect(result).toMatchObject({ status: 'ok', coordinatedOmissionFree: false });
    expect(result.tool).toEqual({ name: 'redis-benchmark', version: expect.stringMatching(/^\d+\.\d+/) });
    expect(result.points.map(({ name }) => name)).toEqual(['clients=2 pipeline=8', 'clients=3 pipeline=8']);
    for (const { file, metrics } of result.points) {
      const [, set = '', get = ''] = read(redis, `results/c1/${file}`).trim().split('\n');
      const printed = [set, get].flatMap((line) => JSON.parse(`[${line}]`).slice(1)).map(Number);
      expect(metrics.map(({ value }) => value)).toEqual(printed);
    }
    const shown = await lab.run('status', redis);
    expect(shown.stdout).toContain('clients=2 pipeline=8');
    expect(shown.stdout).toMatch(/SET rps +[\d.]+ +[\d.]+ +requests\/s/);
    const folder = JSON.parse((await lab.run('results', redis, '--json')).stdout);
    expect(folder.files).toEqual(
      expect.arrayContaining(['results/c1/clients=2,pipeline=8.csv', 'results/c1/result.json']),
    );
    expect(JSON.parse(read(redis, 'results/c1/result.json'))).toEqual(record.results.c1);
  });

  it('PostgreSQL: asks for the password that only its client has; pgbench’s numbers are unchanged', async () => {
    const record = await lab.untilOver(postgres);
    expect(record.state, JSON.stringify(record.roles)).toBe('succeeded');
    const result = toolResultSchema.parse(record.results.c1);
    expect(result.tool).toEqual({ name: 'pgbench', version: expect.stringMatching(/^15\./) });
    expect(result.points.map(({ name }) => name)).toEqual(['clients=2', 'clients=3']);
    for (const { file, metrics } of result.points) {
      const text = read(postgres, `results/c1/${file}`);
      const printed = Number(/^tps = (\S+)/m.exec(text)?.[1]);
      expect(metrics.find(({ name }) => name === 'tps')?.value).toBe(printed);
      expect(printed).toBeGreaterThan(0);
    }
    // The password lies in the session's folder, for the owner only, and came home with nothing.
    const place = `.sbench/v1/${lab.installation}/sessions/${postgres}/1`;
    const [mode, password = ''] = lab
      .onLogin(`stat -c %a ${place}/s1.password; cat ${place}/s1.password`)
      .trim()
      .split('\n');
    expect([mode, password]).toEqual(['600', expect.stringMatching(/^[0-9a-f]{48}$/)]);
    const { stdout, status } = lab.cli('status', postgres, '--json');
    expect(status).toBe(0);
    expect(stdout + read(postgres, 'plan.json') + read(postgres, 'logs/s1.out')).not.toContain(password);
    expect(lab.onLogin(`cat ${place}/*.script ${place}/*.out`)).not.toContain(password);
  });

  it('OpenAI’s route: streamed, and counted by the server', async () => {
    const record = await lab.untilOver(openai);
    expect(record.state, JSON.stringify(record.roles)).toBe('succeeded');
    const result = resultSchema.parse(record.results.c1);
    expect(result).toMatchObject({ status: 'ok', config: { protocol: { speaks: 'openai', api: 'chat' } } });
    expect(result.points[0]).toMatchObject({ concurrency: 2, requests: 4, errors: 0 });
    expect(result.points[0]?.outputTokens).toBeGreaterThan(4);
    expect(result.points[0]?.tpotMs.p50).toBeGreaterThan(0);
    // What the server said of itself when it was ready: it had the model, and for good.
    const said = (name: string) => JSON.parse(read(openai, `results/s1/server/${name}.json`));
    expect(said('version').version).toMatch(/^\d/);
    const [loaded] = said('loaded').models;
    expect(loaded).toMatchObject({ name: 'tiny:latest', digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(Date.parse(loaded.expires_at)).toBeGreaterThan(Date.now() + 3600_000);
    expect(said('model').details).toMatchObject({ format: 'gguf' });
  });

  it('Redis in a container: its client in the same image, all points twice', async () => {
    const record = await lab.untilOver(image);
    expect(record.state, JSON.stringify(record.roles)).toBe('succeeded');
    const result = toolResultSchema.parse(record.results.c1);
    expect(result.points.map(({ name, repeat }) => [name, repeat])).toEqual([
      ['clients=1 repeat=1', 1],
      ['clients=2 repeat=1', 1],
      ['clients=1 repeat=2', 2],
      ['clients=2 repeat=2', 2],
    ]);
    for (const { metrics } of result.points) expect(metrics[0]?.value).toBeGreaterThan(0);
    const script = lab.onLogin(`cat .sbench/v1/${lab.installation}/sessions/${image}/1/c1.script`);
    expect(script).toMatch(/sb_step 'clients=1,repeat=1\.csv' 'sb_charliecloud' .*'redis-benchmark'/);
  });
});
