import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Workplace, workplace } from '../cli/run.ts';
import { onLogin } from '../support/lab.ts';
import { testbedFacts } from '../support/testbed.ts';

// From an ssh alias to a cluster that is configured and checked, as a new user goes.
let place: Workplace;
const { cluster: alpha, beta } = testbedFacts();
const fingerprint = (state: string): string =>
  execFileSync('ssh-keygen', ['-lf', join(state, 'etc/host_key.pub')], { encoding: 'utf8' }).split(' ')[1] ??
  '';

beforeAll(() => {
  place = workplace('# mine\nredis: redis://127.0.0.1:1\n');
  place.write(
    '.ssh/config',
    [alpha, beta]
      .map(
        ({ name, host, user, key }) =>
          `Host ${name}\n  HostName ${host}\n  User ${user}\n  IdentityFile ${key}\n`,
      )
      .join(''),
  );
});
afterAll(() => place.remove());

test('init asks about the host key, shows the site, and writes only what ssh does not know', async () => {
  expect(await place.sbench(['init'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Your ~/.ssh/config has: alpha, beta.'),
  });
  expect(await place.sbench(['init', 'alpha'])).toMatchObject({
    code: 2,
    err: expect.stringContaining(`sbench init alpha --fingerprint ${fingerprint(alpha.state)}`),
  });
  const asked: string[] = [];
  const answers = ['alpha', 'yes'];
  const ask = async (question: string) => {
    asked.push(question);
    return answers.shift();
  };
  const { code, out, err } = await place.sbench(['init'], { ask });
  expect({ code, asked: asked.length }).toEqual({ code: 0, asked: 2 });
  expect(asked[1]).toContain(fingerprint(alpha.state));
  expect(err).toContain('research (default): QOS high, normal');
  expect(err).toMatch(/cpu: 4 nodes, 16 CPUs each, at most 1-00:00:00 \(default/);
  const file = join(place.folder, 'sbench.config.yaml');
  expect(out).toBe(`alpha is written to ${file}. Next: sbench cluster check alpha\n`);
  expect(readFileSync(file, 'utf8')).toBe(
    '# mine\nredis: redis://127.0.0.1:1\nclusters:\n  alpha:\n    defaults:\n      account: research\n',
  );

  const second = await place.sbench([
    'init',
    'beta',
    '--yes',
    '--json',
    '--fingerprint',
    fingerprint(beta.state),
  ]);
  expect(second.code).toBe(0);
  expect(JSON.parse(second.out)).toMatchObject({ cluster: 'beta', file, written: {}, accounts: 'absent' });
  expect(readFileSync(file, 'utf8')).toContain('      account: research\n  beta: {}\n');
  const third = await place.sbench(['init', 'beta']);
  expect(third).toMatchObject({ code: 2, err: expect.stringContaining("has a cluster 'beta' already") });
  const wrong = await place.sbench([
    'init',
    'a2',
    '--hostname',
    alpha.host,
    '--account',
    'researh',
    '--username',
    'hpc',
    '--key-filename',
    alpha.key,
  ]);
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining("Did you mean 'research'?") });
});

test('check tries all of it, with a Slurm job that leaves nothing behind', async () => {
  const [first, second] = await Promise.all(
    ['alpha', 'beta'].map((name) => place.sbench(['cluster', 'check', name, '--json', '--wait', '100s'])),
  );
  const findings = JSON.parse(first?.out ?? '').findings as { check: string; is: string; text: string }[];
  expect(findings.filter(({ is }) => is === 'fail')).toEqual([]);
  const text = (check: string) => findings.find((each) => each.check === check)?.text;
  expect(text('slurm')).toBe('22.05.8, cluster alpha');
  expect(text('slurm job')).toMatch(/^\d+ ran on node[1-4] in partition cpu, in the same workdir$/);
  expect(text('node.js')).toContain('runs there');
  expect([first?.code, second?.code]).toEqual([0, 0]);
  expect(second?.out).toContain('how a Slurm job ended is known by its own word and by squeue');
  for (const cluster of [alpha, beta]) {
    expect(
      onLogin(cluster, 'ls .sbench/v1 | grep probe; squeue -a --me -h -o %j | grep sbench-probe; true'),
    ).toBe('');
  }
});

test('a partition that is not there is refused by Slurm, and said in its words', async () => {
  const env = { SBENCH_CLUSTERS__ALPHA__DEFAULTS__PARTITION: 'gpuu' };
  const { code, out } = await place.sbench(['cluster', 'check', 'alpha'], { env });
  expect(code).toBe(1);
  expect(out).toContain("defaults.partition 'gpuu' is none of them. Did you mean 'gpu'?");
  expect(out).toMatch(/fail {2}slurm job {3}sbatch says: .*invalid partition/i);
});

test('a dry run asks Slurm, on a login of its own, and submits nothing', async () => {
  place.write(
    'dry.yaml',
    `cluster: alpha
service: {type: redis, container: {runtime: none}, resources: {partition: cpu, time: 5m}}
client: {type: redis, resources: {partition: cpu, time: 5m}}
`,
  );
  const submit = ['submit', 'dry.yaml', '--dry-run'];
  const jobs = () =>
    onLogin(alpha, 'squeue -a --me -h -o %j | grep test-only; ls -a .sbench/v1 | grep -c "[.]test"; true');
  const good = await place.sbench([...submit, '--json']);
  expect(good).toMatchObject({ code: 0, err: '' });
  const { slurm, plan } = JSON.parse(good.out);
  expect(slurm).toMatchObject([{ cluster: 'alpha', asked: true }]);
  expect(slurm[0].trials).toMatchObject(
    plan.roles.map(({ role }: { role: string }) => ({ role, is: 'would-start', sessions: [1] })),
  );
  // Now, or when those that test beside us would be done at the latest: some of them ask for hours.
  const inMs = Date.parse(slurm[0].trials[0].wouldStartAt) - Date.now();
  expect(inMs).toBeGreaterThan(-60_000);
  expect(inMs).toBeLessThan(3 * 24 * 3_600_000);

  const bad = await place.sbench([...submit, '--set', 'service.resources.partition=gpuu']);
  expect(bad.code).toBe(1);
  expect(bad.out).toMatch(/s1 redis: refused: .*[Ii]nvalid partition.*Did you mean 'gpu'\?/);
  expect(bad.out).toMatch(/c1 redis: would start \d\d:\d\d, an estimate/);
  expect(jobs()).toBe('0\n');
});
