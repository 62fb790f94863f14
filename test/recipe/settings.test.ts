import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSettings } from '../../src/shared/settings/load-settings.ts';
import { originWords } from '../../src/shared/settings/settings.ts';
import { messagesOf } from './fixture.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sbench-settings-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const load = (env: Record<string, string> = {}, more: { config?: string; cwd?: string } = {}) =>
  loadSettings({ cwd: join(root, 'work/deep'), home: join(root, 'home'), env, ...more });
const named = (name: string) => `clusters: {${name}: {}}\n`;
const wrong = (text: string, env: Record<string, string> = {}) => {
  write('work/sbench.config.yaml', text);
  return messagesOf(() => load(env)).map((message) => message.replace(join(root, 'work/'), ''));
};

test('where it looks, in this order', () => {
  expect(load()).toMatchObject({ file: undefined, clusters: {} });
  const last = write('home/.config/sbench/config.yaml', named('home'));
  expect(load().file).toBe(last);
  const upward = write('work/sbench.config.yaml', named('upward'));
  expect(load().file).toBe(upward);
  const nearest = write('work/deep/sbench.config.yaml', named('nearest'));
  expect(load().file).toBe(nearest);
  const env = write('env.yaml', named('env'));
  expect(load({ SBENCH_CONFIG: env }).file).toBe(env);
  const asked = write('home/asked.yaml', named('asked'));
  expect(load({ SBENCH_CONFIG: env }, { config: '~/asked.yaml' }).file).toBe(asked);
  expect(() => load({}, { config: 'nope.yaml' })).toThrow('there is no configuration file');
  expect(() => load({ SBENCH_CONFIG: 'nope.yaml' })).toThrow('(from SBENCH_CONFIG)');
});

test('a file that was found and that others could have put there is not used; one that was named is', () => {
  const found = write('work/sbench.config.yaml', named('found'));
  chmodSync(found, 0o666);
  expect(() => load()).toThrow(`the configuration ${found} can be changed by everybody`);
  expect(load({}, { config: found }).file).toBe(found);
  chmodSync(found, 0o644);
  // Only root can give a file away.
  if (process.getuid?.() !== 0) return;
  chownSync(found, 12_345, 12_345);
  expect(() => load()).toThrow('belongs to another user (uid 12345)');
  expect(load({}, { config: found }).file).toBe(found);
});

test('everything, with paths from the file’s folder and the home', () => {
  write(
    'work/sbench.config.yaml',
    `version: 1
clusters:
  meluxina:
    hostname: login.lxp.lu
    port: 8822
    username: 100000
    key_filename: ~/.ssh/id
    known_hosts: [./hosts, /etc/hosts]
    proxy_jump: gate
    workdir: $HOME/.bench/
    variables: {SCRATCH: /s, MODELS: $SCRATCH/m, N: 010}
    modules: [Apptainer]
    defaults: {account: 0200, time: 1h}
    presets: {gpu: {partition: gpu, exclusive: true}}
    container: {runtime: none, module: Apptainer, args: [--cleanenv]}
    cache: $SCRATCH/cache
    stage: {where: job}
  alias:
default_cluster: alias
redis: unix://./run/redis.sock
results: ./results
`,
  );
  const settings = load();
  expect(settings.clusters.meluxina).toEqual({
    name: 'meluxina',
    hostname: 'login.lxp.lu',
    port: 8822,
    username: '100000',
    keyFilename: join(root, 'home/.ssh/id'),
    knownHosts: [join(root, 'work/hosts'), '/etc/hosts'],
    proxyJump: 'gate',
    workdir: '.bench',
    variables: { SCRATCH: '/s', MODELS: '$SCRATCH/m', N: '010' },
    modules: ['Apptainer'],
    defaults: { account: '0200', time: '1h' },
    presets: { gpu: { partition: 'gpu', exclusive: true } },
    container: { runtime: 'none', module: 'Apptainer', args: ['--cleanenv'] },
    cache: '$SCRATCH/cache',
    stage: { where: 'job', resources: {} },
  });
  expect(settings.clusters.alias).toMatchObject({
    name: 'alias',
    hostname: undefined,
    workdir: '.sbench',
    container: { runtime: 'none', args: [] },
    cache: '$HOME/.sbench/cache',
    stage: { where: 'login', resources: {} },
  });
  expect(settings).toMatchObject({
    defaultCluster: 'alias',
    redis: `unix://${join(root, 'work/run/redis.sock')}`,
    results: join(root, 'work/results'),
  });
});

test('the environment goes over the file, and each value knows its origin', () => {
  const file = write(
    'work/sbench.config.yaml',
    'clusters:\n  my-hpc:\n    port: 22\n    username: a\nredis: redis://a\n',
  );
  const settings = load({
    SBENCH_CLUSTERS__MY_HPC__USERNAME: '0123',
    SBENCH_CLUSTERS__MY_HPC__KEY_FILENAME: 'key',
    SBENCH_CLUSTERS__MY_HPC__VARIABLES__SCRATCH: '/s',
    SBENCH_CLUSTERS__MY_HPC__DEFAULTS__ACCOUNT: 'p1',
    SBENCH_CLUSTERS__NEW__HOSTNAME: 'new.example',
    SBENCH_REDIS: 'rediss://user:hidden@redis.example:6380',
    SBENCH_RESULTS: 'out',
    SBENCH_SOMETHING_ELSE: 'x',
  });
  expect(settings.clusters['my-hpc']).toMatchObject({
    port: 22,
    username: '0123',
    keyFilename: join(root, 'work/deep/key'),
    variables: { SCRATCH: '/s' },
    defaults: { account: 'p1' },
  });
  expect(settings.clusters.new?.hostname).toBe('new.example');
  expect(settings.redis).toBe('rediss://user:hidden@redis.example:6380');
  expect(settings.results).toBe(join(root, 'work/deep/out'));
  const words = (key: string) => originWords(settings.origins[key]);
  expect(words('clusters.my-hpc.port')).toBe(`${file}:3:11`);
  expect(words('clusters.my-hpc.username')).toBe('$SBENCH_CLUSTERS__MY_HPC__USERNAME');
  expect(words('clusters.my-hpc.workdir')).toBe('a default');
  expect(words('redis')).toBe('$SBENCH_REDIS');
});

test('without a file the environment is enough', () => {
  const settings = load({ SBENCH_CLUSTERS__HPC__USERNAME: 'me', SBENCH_DEFAULT_CLUSTER: 'hpc' });
  expect(settings).toMatchObject({ defaultCluster: 'hpc', clusters: { hpc: { username: 'me' } } });
});

test('passwords of the environment are in no object', () => {
  write('work/sbench.config.yaml', named('hpc'));
  const settings = load({
    SBENCH_CLUSTERS__HPC__PASSWORD: 'hunter2',
    SBENCH_CLUSTERS__HPC__PASSPHRASE: 'hunter2',
  });
  expect(JSON.stringify(settings)).not.toContain('hunter2');
  expect(wrong('clusters: {hpc: {password: hunter2}}')).toEqual([
    "sbench.config.yaml:1:18 unknown key 'password' in clusters.hpc",
  ]);
});

test('all problems of a configuration at once', () => {
  expect(
    wrong(`clusters:
  a b: {}
  hpc:
    hostnme: x
    port: 70000
    workdir: $HOME/a b
    variables: {HOME: /x, 1A: y, LIST: [z]}
    defaults: {time: 60, output: x, accout: y}
    presets: {gpu: {job_name: x}}
    container: {runtime: apptaner}
    cache: cache
    stage: {where: compute}
redis: http://localhost
default_clutser: hpc
`),
  ).toEqual([
    'sbench.config.yaml:2:3 clusters.a b is not a cluster name: letters, digits, _ and - only',
    "sbench.config.yaml:4:5 unknown key 'hostnme' in clusters.hpc. Did you mean 'hostname'?",
    'sbench.config.yaml:5:11 clusters.hpc.port must be at most 65535, not 70000',
    'sbench.config.yaml:6:14 clusters.hpc.workdir must be a folder that starts with / or $HOME/ and has only letters, digits and _ . / -',
    'sbench.config.yaml:7:17 clusters.hpc.variables.HOME is not yours to declare: it is known only on the cluster',
    'sbench.config.yaml:7:27 clusters.hpc.variables.1A is not a variable name',
    'sbench.config.yaml:7:40 clusters.hpc.variables.LIST must be text, not a list',
    'sbench.config.yaml:8:22 clusters.hpc.defaults.time needs a unit: Slurm would read minutes; write 60m or 60s',
    'sbench.config.yaml:8:26 clusters.hpc.defaults.output is reserved: sbench brings the logs home: sbench logs',
    "sbench.config.yaml:8:37 unknown key 'accout' in clusters.hpc.defaults. Did you mean 'account'?",
    'sbench.config.yaml:9:21 clusters.hpc.presets.gpu.job_name is reserved: sbench finds its Slurm jobs by their names; use name',
    "sbench.config.yaml:10:26 clusters.hpc.container.runtime must be none or apptainer or singularity or charliecloud or podman or docker, not 'apptaner'. Did you mean 'apptainer'?",
    'sbench.config.yaml:11:12 clusters.hpc.cache must be a folder that starts with / or $NAME',
    "sbench.config.yaml:12:20 clusters.hpc.stage.where must be login or job or never, not 'compute'",
    'sbench.config.yaml:13:8 redis must be redis://host:port, rediss://host:port or unix:///path',
    "sbench.config.yaml:14:1 unknown key 'default_clutser' in the configuration. Did you mean 'default_cluster'?",
  ]);
  expect(wrong('clusters: {hpc: {}}\ndefault_cluster: hcp\n')).toEqual([
    "sbench.config.yaml:2:18 default_cluster 'hcp' is not one of the clusters. Did you mean 'hpc'?",
  ]);
  expect(wrong(named('hpc'), { SBENCH_CLUSTERS__HPC__PROT: '22', SBENCH_CLUSTERS__HPC__PORT: 'x' })).toEqual([
    "SBENCH_CLUSTERS__HPC__PORT: clusters.hpc.port must be a number, not 'x'",
    "SBENCH_CLUSTERS__HPC__PROT: unknown key 'prot' in clusters.hpc. Did you mean 'port'?",
  ]);
});

test.each([
  '$HOME/..',
  '$HOME/a/../b',
  '/',
  '$HOME/.',
  '$HOME/-x',
  'relative',
  '$SCRATCH/x',
  '$HOME',
  '/a;b',
  "/a'b",
])('a workdir that a shell or a path could turn is refused: %s', (workdir) => {
  expect(wrong(`clusters: {hpc: {workdir: "${workdir}"}}\n`)).toHaveLength(1);
});

test('a cluster that nobody configured is undefined, whatever its name', () => {
  write('work/sbench.config.yaml', named('hpc'));
  for (const name of ['constructor', '__proto__', 'toString']) expect(load().clusters[name]).toBeUndefined();
});
