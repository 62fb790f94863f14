import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

const SECRETS = { cluster: 'hf_ofTheCluster-91', worker: "of the worker's: $(id) \\ 7" };
const resources = { partition: 'cpu', cpus: 1, mem: '1G', time: '5m' };

// One service that stays up, with secrets and two ports; clients of other sessions use it, and it is cancelled.
describe('a service alone', () => {
  let lab: Lab;
  let service: string;
  let file: string;
  const seen: Record<string, string> = {};
  const json = (text: string) => JSON.parse(text.trim().split('\n').at(-1) ?? '{}');

  async function submit(...words: string[]) {
    const { stdout, stderr } = await lab.run('submit', file, '--json', ...words);
    return { id: json(stdout).id as string, stderr };
  }

  beforeAll(async () => {
    lab = await openLab();
    lab.onLogin(`umask 077; printf %s ${SECRETS.cluster} >secret-${lab.installation}`);
    lab.startWorker({ SBENCH_SECRET_OURS: SECRETS.worker });
    service = await lab.submit(
      ollamaRecipe({
        client: null,
        service: {
          resources,
          ports: { http: 'auto', more: 'auto' },
          command: 'bash',
          args: [
            '-c',
            'echo "it is $THEIRS and $OURS"; echo "$OURS" >&2; echo "ports $0 $SBENCH_PORT"; exec "$1" serve',
            '$SBENCH_PORT_MORE',
            '$LLM/bin/ollama-compatible',
          ],
          environment: {
            OLLAMA_MODELS: '$LLM/models',
            THEIRS: { secret_file: `$HOME/secret-${lab.installation}` },
            OURS: { secret: 'ours' },
          },
        },
      }),
    );
    file = join(lab.folder, 'client.yaml');
    const { client } = JSON.parse(ollamaRecipe());
    writeFileSync(file, JSON.stringify({ client: { type: 'ollama', ...client } }));
    // Before it is ready: the client waits for it.
    const early = await submit('--target', service);
    await lab.untilRecord(service, 'is ready', ({ roles }) => roles.s1?.ready !== undefined);
    const { roles } = await lab.record(service);
    const id = roles.s1?.submit.is === 'accepted' ? roles.s1.submit.id : 0;
    seen.ps = spawnSync('ps', ['-eww', '-o', 'args'], { encoding: 'utf8' }).stdout;
    seen.slurm = lab.onLogin(`scontrol show job ${id}; scontrol write batch_script ${id} -`);
    seen.files = lab.onLogin(
      `cd .sbench/v1/${lab.installation} && find . -name '*.secrets' -printf '%m %p\\n'`,
    );
    const { endpoint } = json(lab.cli('status', service, '--json').stdout).roles.s1;
    seen.endpoint = endpoint;
    const far = await submit('--endpoint', `http://${endpoint}`, '--set', `client.model=tiny`);
    await lab.untilOver(early.id);
    await lab.untilOver(far.id);
    Object.assign(seen, { early: early.id, far: far.id });
    // One that is still at it when its service goes.
    const late = await submit('--target', service, '--set', 'client.parameters.requests=100000');
    await lab.untilRecord(late.id, 'runs', (record) => record.roles.c1?.started !== undefined);
    lab.cli('cancel', service);
    await lab.untilOver(late.id);
    await lab.untilOver(service);
    seen.late = late.id;
  });
  afterAll(async () => {
    lab?.onLogin(`rm -f secret-${lab.installation}`);
    await lab?.close();
  });

  it('ends well when its user cancels it, and says where it answers meanwhile', async () => {
    expect(await lab.record(service)).toMatchObject({ state: 'succeeded', ending: { why: 'cancelled' } });
    expect(seen.endpoint).toMatch(/^node\d:\d+$/);
  });
  it('serves clients of other sessions, and of an address', async () => {
    for (const id of [seen.early, seen.far]) {
      const record = await lab.record(id ?? '');
      expect(record, JSON.stringify(record)).toMatchObject({
        state: 'succeeded',
        results: { c1: { status: 'ok' } },
      });
    }
    expect(Object.keys((await lab.record(service)).users ?? {})).toContain(`${seen.early}.1.poll-status.c1`);
  });
  it('takes its clients with it: they carry its reason', async () => {
    expect(await lab.record(seen.late ?? '')).toMatchObject({
      state: 'failed',
      ending: {
        why: 'service-lost',
        text: expect.stringMatching(/service ollama of session .* is no more: .*cancel/),
      },
      roles: { c1: { verdict: { is: 'failed', code: 'service-lost' } } },
    });
  });
  it('has named ports, told in its events', async () => {
    const { roles } = await lab.record(service);
    const { port, ports } = roles.s1?.ready?.event ?? {};
    expect(ports).toEqual({ HTTP: port, MORE: expect.any(Number) });
    expect(ports?.MORE).not.toBe(port);
    expect(lab.cli('logs', service).stdout).toContain(`ports ${ports?.MORE} ${port}`);
  });
  it('had its secrets, and nothing else shows them', async () => {
    const log = lab.cli('logs', service).stdout;
    expect(log).toContain('it is [secret] and [secret]');
    expect(seen.ps?.includes('slurm_script')).toBe(true);
    expect(seen.slurm).toContain(`sb_secret 'OURS'`);
    expect(seen.files).toMatch(/^600 .*s1\.secrets$/m);
    // The patterns are a file: as arguments they would be what is looked for.
    const patterns = Buffer.from(`${Object.values(SECRETS).join('\n')}\n`).toString('base64');
    const left = lab.onLogin(
      `echo ${patterns} | base64 -d >pat-${lab.installation}; cd .sbench/v1/${lab.installation};
      grep -rlF -f ~/pat-${lab.installation} . ; find . -name '*.secrets';
      rm -f ~/pat-${lab.installation}`,
    );
    expect(left).toBe('');
    const everything = {
      ...seen,
      log,
      redis: await dump(lab),
      results: spawnSync(
        'grep',
        ['-rF', '-e', SECRETS.cluster, '-e', SECRETS.worker, join(lab.folder, 'results')],
        { encoding: 'utf8' },
      ).stdout,
    };
    for (const [place, text] of Object.entries(everything)) {
      for (const secret of Object.values(SECRETS)) {
        expect(text.includes(secret), place).toBe(false);
        expect(text.includes(Buffer.from(secret).toString('base64')), place).toBe(false);
      }
    }
  });
});

/** Every key of Redis, whatever it holds. */
async function dump({ redis }: Lab): Promise<string> {
  const all: unknown[] = [];
  for (const key of await redis.keys('*')) {
    const read = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, '0', '-1'),
      stream: () => redis.xrange(key, '-', '+'),
    }[await redis.type(key)] as (() => Promise<unknown>) | undefined;
    all.push(key, await read?.());
  }
  expect(all.length).toBeGreaterThan(20);
  return JSON.stringify(all);
}
