import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { LoadgenConfig } from '../../src/jobs/loadgen/config.ts';
import { readPreamble } from '../../src/jobs/preamble.ts';
import { builtInJobs } from '../../src/jobs/registry.ts';
import { plan as planSchema } from '../../src/shared/plan/plan.ts';
import { messagesOf, planOf, SERVICE, settingsWith } from './fixture.ts';

const CLIENT = { parameters: { requests: 5 } };
const shipped = (name: string): string =>
  readFileSync(new URL(`../../recipes/${name}`, import.meta.url), 'utf8');

const POINTS = [1, 2, 4].map((each) =>
  JSON.stringify({
    name: `concurrency ${each}`,
    load: { is: 'closed', concurrency: each, thinkS: 0, requests: 100, warmupS: 0, cooldownS: 0 },
  }),
);

test('the quickstart, as it is submitted', () => {
  const plan = planOf(shipped('quickstart.yaml'));
  const [service, client] = plan.roles;
  expect(service?.script).toBe(`#!/bin/bash
# made by sbench 0.1.0: role s1, kind ollama, name ollama
SB_ROLE='s1'
SB_SIDE='service'
SB_HAS_CLIENTS=1
SB_DEAD_MAN_S=7200
# the preamble
sb_begin
sb_port 'auto'
export OLLAMA_HOST='0.0.0.0:'"\${SBENCH_PORT}"
export OLLAMA_KEEP_ALIVE='-1'
export OLLAMA_MODELS="\${HOME}"'/llm/models'
export OLLAMA_NUM_PARALLEL='2'
sb_ready_http 'POST' '/api/generate' '{"model":"tiny","prompt":"hi","stream":false,"options":{"num_predict":1},"keep_alive":-1}' '"done":true' 'not found' '2??' '120'
sb_describe 'version' 'GET' '/api/version' ''
sb_describe 'loaded' 'GET' '/api/ps' ''
sb_describe 'model' 'POST' '/api/show' '{"model":"tiny"}'
sb_serve "\${HOME}"'/llm/bin/ollama-compatible' 'serve'
`);
  expect(client?.script.replace(/"text":"[^"]*"/, '"text":"…"')).toBe(`#!/bin/bash
# made by sbench 0.1.0: role c1, kind ollama, name ollama
SB_ROLE='c1'
SB_SIDE='client'
SB_HAS_CLIENTS=1
SB_DEAD_MAN_S=7200
SB_NODES=1
SB_START_S=600
# the preamble
sb_begin
sb_target 's1' 'http' ''
sb_file 'loadgen.json' '{"v":2,"protocol":{"speaks":"ollama","api":"generate","model":"tiny","options":{"temperature":0,"seed":0}},"prompts":{"from":"text","text":"…"},"uniquePrompts":true,"maxTokens":32,"points":[${POINTS}],"repeats":1,"order":"given","timeoutS":120,"seed":0,"threads":1,"maxErrorShare":0.01}
'
sb_run_client "\${SBENCH_TOOLS}"'/node' "\${SBENCH_TOOLS}"'/loadgen.mjs' '--config' "\${SBENCH_WORK}"'/loadgen.json' '--url' "\${TARGET_SERVICE_URL}" '--out' "\${SBENCH_RESULTS_DIR}" '--before' "\${SBENCH_WORK}"'/before.json'
`);
  expect([service?.options, client?.options]).toEqual([
    ['--cpus-per-task=1', '--mem=1G', '--partition=cpu', '--time=0-00:15:00'],
    ['--cpus-per-task=1', '--mem=1G', '--partition=cpu', '--time=0-00:10:00'],
  ]);
  expect(plan.notes).toEqual([]);
});

test('the other recipe plans too', () => {
  const presets = { gpu: { partition: 'gpu' }, cpu: { partition: 'cpu' } };
  const plan = planOf(shipped('ollama.yaml'), { cluster: { variables: { MODELS: '/models' }, presets } });
  expect(plan.roles[0]?.options).toEqual([
    '--cpus-per-task=16',
    '--gpus=1',
    '--partition=gpu',
    '--time=0-02:00:00',
  ]);
  expect(plan.roles[0]?.script).toContain("sb_module 'Ollama'\n");
  expect(plan.notes).toEqual([]);
});

test('a plan survives being stored', () => {
  const plan = planOf(shipped('quickstart.yaml'), { set: ['name=x'], labels: { who: 'me' } });
  expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
});

test('the same request gives the same plan; another --set is another recipe', () => {
  const plan = () => planOf({ service: SERVICE });
  expect(plan()).toEqual(plan());
  const changed = planOf({ service: SERVICE }, { set: ['service.model=other'] });
  expect(changed.recipe.set).toEqual(['service.model=other']);
  expect(changed.recipe.sha256).not.toBe(plan().recipe.sha256);
  expect(changed.recipe.text).toBe(plan().recipe.text);
});

const chain = (tree: unknown): string => {
  const { action, role, children } = tree as { action: string; role?: string; children: unknown[] };
  const name = role === undefined ? action : `${action}(${role})`;
  if (children.length === 0) return name;
  return children.length === 1
    ? `${name} ← ${chain(children[0])}`
    : `${name} ← [${children.map(chain).join(' | ')}]`;
};

test('a service and a client are one chain', () => {
  expect(chain(planOf({ service: SERVICE, client: CLIENT }).actions)).toBe(
    'collect ← cancel ← poll-status(c1) ← submit-client(c1) ← await-ready(s1) ← submit-service(s1) ← stage(s1)',
  );
});

test('clients follow one another on services that came up side by side', () => {
  const plan = planOf({
    services: [
      { ...SERVICE, name: 'a' },
      { ...SERVICE, name: 'b', model: 'other' },
    ],
    clients: [
      { ...CLIENT, target_service: { name: 'b' } },
      { ...CLIENT, name: 'second', target_service: { name: 'a' } },
    ],
    run_clients: 'sequential',
  });
  expect(chain(plan.actions)).toBe(
    'collect ← cancel ← poll-status(c2) ← submit-client(c2) ← poll-status(c1) ← submit-client(c1) ← ' +
      '[await-ready(s1) ← submit-service(s1) ← stage(s1) | await-ready(s2) ← submit-service(s2) ← stage(s2)]',
  );
  expect(plan.roles.map(({ role, name, needs }) => [role, name, needs])).toEqual([
    ['s1', 'a', []],
    ['s2', 'b', []],
    ['c1', 'ollama-1', ['s2', 's1']],
    ['c2', 'second', ['s1', 's2']],
  ]);
  expect(plan.roles[2]?.script).toContain("sb_target 's2' 'http' ''");
  expect(plan.roles[2]?.script).toContain('"model":"other"');
});

test('services alone are watched until they end', () => {
  const one = planOf({ service: SERVICE });
  expect(chain(one.actions)).toBe(
    'collect ← cancel ← poll-status(s1) ← await-ready(s1) ← submit-service(s1) ← stage(s1)',
  );
  expect(one.roles[0]?.script).toContain('SB_HAS_CLIENTS=0\n');
  const two = planOf({ services: [SERVICE, { ...SERVICE, name: 'b' }] });
  expect(chain(two.actions)).toBe(
    'collect ← cancel ← [poll-status(s1) ← await-ready(s1) ← submit-service(s1) ← stage(s1) | ' +
      'poll-status(s2) ← await-ready(s2) ← submit-service(s2) ← stage(s2)]',
  );
});

test('which service a client means must be clear', () => {
  const services = [SERVICE, { ...SERVICE, name: 'b' }];
  expect(messagesOf(() => planOf({ services, client: CLIENT }))).toEqual([
    expect.stringContaining('client needs target_service: {name: …}: there are ollama, b'),
  ]);
  expect(messagesOf(() => planOf({ services: [SERVICE, SERVICE] }))).toEqual([
    expect.stringContaining("services[1] has the name 'ollama' of another"),
  ]);
  expect(messagesOf(() => planOf({ service: SERVICE, services }))).toEqual([
    expect.stringContaining("'service' and 'services' are both given"),
  ]);
});

test('limits: the recipe’s, the role’s, the defaults', () => {
  const limits = (recipe: object) =>
    planOf(recipe).roles.map(({ queueLimitS, startLimitS, runLimitS }) => [
      queueLimitS,
      startLimitS,
      runLimitS,
    ]);
  expect(limits({ service: SERVICE, client: CLIENT })).toEqual([
    [86_400, 600, undefined],
    [1800, 600, undefined],
  ]);
  const timeouts = { queue: '10m', start: '2m', run: '1h', max_idle: '45m', dead_man: '3h' };
  expect(limits({ timeouts, service: SERVICE, client: CLIENT })).toEqual([
    // The services have to outlive all clients.
    [600, 120, undefined],
    [600, 120, 3600],
  ]);
  expect(
    limits({
      timeouts,
      service: { ...SERVICE, health_check: { timeout: 90 } },
      client: { ...CLIENT, timeouts: { queue: '2h', run: '5m' } },
    }),
  ).toEqual([
    [600, 90, undefined],
    [2700, 120, 300],
  ]);
  const plan = planOf({ timeouts, service: SERVICE });
  expect([plan.maxIdleS, plan.deadManS]).toEqual([2700, 10_800]);
  expect(plan.roles[0]?.script).toContain('SB_DEAD_MAN_S=10800\n');
  expect(
    messagesOf(() =>
      planOf({ service: { ...SERVICE, timeouts: { start: '1m' }, health_check: { timeout: 9 } } }),
    ),
  ).toEqual([expect.stringContaining('service.health_check.timeout and timeouts.start mean the same')]);
});

test.each([
  ['auto', 'auto'],
  [4711, '4711'],
  [[4711], '4711'],
  [{ http: 'auto' }, 'auto'],
  [{ http: 8080 }, '8080'],
])('ports: %j', (ports, word) => {
  expect(planOf({ service: { ...SERVICE, ports } }).roles[0]?.script).toContain(`sb_port '${word}'\n`);
});

test('a client that contradicts its service is told so', () => {
  const wrong = (service: object, client: object) =>
    messagesOf(() => planOf({ service: { ...SERVICE, ...service }, client: { ...CLIENT, ...client } })).map(
      (message) => message.replace(/^\S+ /, ''),
    );
  expect(wrong({ ports: 80 }, { target_service: { port: 80 } })).toEqual([]);
  expect(wrong({ ports: 80 }, { target_service: { port: 81 } })).toEqual([
    'client.target_service.port is 81, but the service listens on 80; leave it out',
  ]);
  expect(wrong({}, { target_service: { name: 'ollama', port: 81 } })).toEqual([
    'client.target_service.port is 81, but the service takes a free port on its node; leave it out',
  ]);
  expect(wrong({}, { model: 'tiny' })).toEqual([]);
  expect(wrong({}, { model: 'big' })).toEqual([
    "client.model is 'big', but the service serves 'tiny'; leave it out",
  ]);
});

const loadgenOf = (plan: ReturnType<typeof planOf>): LoadgenConfig =>
  JSON.parse(/'loadgen.json' '(.*)/.exec(plan.roles[1]?.script ?? '')?.[1] ?? '');

test('a sweep: points, a seed-shaped list with a note, one number, both', () => {
  const points = (client: object) => {
    const plan = planOf({ service: SERVICE, client });
    return [loadgenOf(plan).points.map(({ load }) => 'concurrency' in load && load.concurrency), plan.notes];
  };
  expect(points({ sweep: { concurrency: [4, 1] } })).toEqual([[4, 1], []]);
  expect(points({ parameters: { concurrency: 3 } })).toEqual([[3], []]);
  expect(points({})).toEqual([[1], []]);
  expect(points({ parameters: { concurrency: [1, 2] } })).toEqual([
    [1, 2],
    ['client: parameters.concurrency is a list and is read as sweep: {concurrency: [1, 2]}'],
  ]);
  const both = { parameters: { concurrency: 1 }, sweep: { concurrency: [2] } };
  expect(messagesOf(() => points(both))).toEqual([
    expect.stringContaining('client.parameters.concurrency is given in sweep too'),
  ]);
  for (const concurrency of [[], [0], [1, 1], ['x'], 'x', [1.5]]) {
    expect(messagesOf(() => points({ sweep: { concurrency } }))).toHaveLength(1);
  }
});

test('several axes are every combination, concurrency fastest', () => {
  const client = {
    parameters: { temperature: 0.5 },
    sweep: { concurrency: [1, 2], max_tokens: [8, 64], prompt: ['short', 'a longer one'] },
    repeat: 3,
    duration: '10s',
  };
  const plan = planOf({ service: SERVICE, client });
  const config = loadgenOf(plan);
  expect(config).toMatchObject({ repeats: 3, protocol: { options: { temperature: 0.5 } } });
  expect(config.points.map(({ name }) => name)).toEqual(
    [1, 2].flatMap((prompt) =>
      [8, 64].flatMap((most) => [1, 2].map((n) => `concurrency ${n}, prompt ${prompt}, max_tokens ${most}`)),
    ),
  );
  expect(config.points.at(-1)).toEqual({
    name: 'concurrency 2, prompt 2, max_tokens 64',
    load: { is: 'closed', concurrency: 2, thinkS: 0, durationS: 10, warmupS: 0, cooldownS: 0 },
    maxTokens: 64,
    prompts: { from: 'text', text: 'a longer one' },
    settings: { prompt: 2, max_tokens: 64 },
  });
  const tight = { ...client, resources: { time: '4m' } };
  expect(messagesOf(() => planOf({ service: SERVICE, client: tight }))).toEqual([
    expect.stringContaining(
      'client.duration does not fit: 8 × 3 × 10 s is 4 min, and the time limit is 4 min',
    ),
  ]);
  const twice = { ...client, parameters: { max_tokens: 4 }, sweep: { max_tokens: [1], requests: [5, 10] } };
  expect(messagesOf(() => planOf({ service: SERVICE, client: twice }))).toEqual([
    expect.stringContaining('client.parameters.max_tokens is given in sweep too; give one'),
    expect.stringContaining('client.duration and sweep.requests both say when a point ends; give one'),
  ]);
  const many = { sweep: { concurrency: Array.from({ length: 50 }, (_, n) => n + 1) }, repeat: 21 };
  expect(messagesOf(() => planOf({ service: SERVICE, client: many }))).toEqual([
    expect.stringContaining('client.sweep makes 1050 points, and 1000 are the most'),
  ]);
});

test('a client that cannot fit its time limit is refused before it waits in a queue', () => {
  const client = { sweep: { concurrency: [1, 2, 4] }, duration: '60s', resources: { time: '3m' } };
  expect(messagesOf(() => planOf({ service: SERVICE, client }))).toEqual([
    expect.stringContaining('client.duration does not fit: 3 × 1 min is 3 min, and the time limit is 3 min'),
  ]);
  expect(
    planOf({ service: SERVICE, client: { ...client, resources: { time: '4m' } } }).roles[1]?.timeLimitS,
  ).toBe(240);
  expect(
    messagesOf(() =>
      planOf(
        { service: SERVICE, client },
        { set: ['client.resources.time=1h', 'client.parameters.requests=3'] },
      ),
    ),
  ).toEqual([expect.stringContaining('client.duration and parameters.requests both say when a point ends')]);
});

test('a client with modules runs their Node.js', () => {
  const { artifacts, script } =
    planOf({ service: SERVICE, client: { ...CLIENT, modules: ['nodejs/20'] } }).roles[1] ?? {};
  expect(artifacts?.map(({ kind }) => kind)).toEqual(['blob']);
  expect(script).toContain("sb_module 'nodejs/20'\n");
  expect(script).toContain("sb_run_client 'node' ");
  const copied = planOf({ service: SERVICE, client: CLIENT }, { cluster: { modules: ['Other'] } }).roles[1];
  expect(copied?.artifacts.map(({ kind }) => kind)).toEqual(['node', 'blob']);
});

test('the environment: what the kind owns, what bash owns, what looks like a secret', () => {
  const wrong = (environment: object) => messagesOf(() => planOf({ service: { ...SERVICE, environment } }));
  expect(wrong({ OLLAMA_HOST: 'x' })).toEqual([
    expect.stringContaining('service.environment.OLLAMA_HOST is set by the kind ollama itself; leave it out'),
  ]);
  for (const name of [
    'PATH',
    'IFS',
    'BASH_ENV',
    'SLURM_JOB_ID',
    'SBENCH_PORT',
    'TARGET_SERVICE_URL',
    'SB_ROLE',
    'UID',
  ]) {
    expect(wrong({ [name]: 'x' })).toHaveLength(1);
  }
  for (const name of ['', 'A B', '1A', 'A=B', 'A;touch x', 'Ä'])
    expect(wrong({ [name]: 'x' })).toHaveLength(1);
  expect(planOf({ service: { ...SERVICE, environment: { HF_TOKEN: 'x' } } }).notes).toEqual([
    'service: environment.HF_TOKEN looks like a secret and is stored with the session as it is',
  ]);
});

test('the cluster: named, the default, the only one, none', () => {
  const two = settingsWith();
  const settings = {
    ...two,
    clusters: { ...two.clusters, other: { ...two.clusters.local, name: 'other' } },
  } as never;
  const of = (recipe: object, with_: object = {}) =>
    messagesOf(() => planOf({ service: SERVICE, ...recipe }, { settings, ...with_ }));
  expect(planOf({ service: SERVICE }).cluster).toEqual({
    name: 'local',
    stage: 'login',
    hostname: 'login',
    port: 22,
    username: 'hpc',
    workdir: '.sbench',
  });
  expect(planOf({ service: SERVICE, cluster: 'other' }, { settings }).cluster.name).toBe('other');
  expect(of({})).toEqual([
    expect.stringContaining('names no cluster, and several are configured: local, other'),
  ]);
  expect(of({ cluster: 'locl' })).toEqual([
    expect.stringContaining("'locl' is not configured. Did you mean 'local'?"),
  ]);
  expect(of({ cluster: 'constructor' })).toHaveLength(1);
  expect(of({}, { settings: { clusters: {}, origins: {} } })).toEqual([
    expect.stringContaining('names no cluster, and none is configured'),
  ]);
  expect(
    planOf({ service: SERVICE }, { settings: { ...(settings as object), defaultCluster: 'other' } as never })
      .cluster.name,
  ).toBe('other');
});

test('labels and the name', () => {
  const plan = planOf({ service: SERVICE, labels: { a: 1, b: 'x' } }, { labels: { b: 'y' } });
  expect([plan.name, plan.labels]).toEqual(['r', { a: '1', b: 'y' }]);
});

test('the kinds there are', () => {
  const jobs = builtInJobs();
  expect([jobs.listServices(), jobs.listClients()]).toEqual([
    ['container', 'nginx', 'ollama', 'postgres', 'redis', 'vllm'],
    ['http', 'ollama', 'postgres', 'redis', 'script', 'vllm', 'wrk'],
  ]);
  expect(jobs.createService('ollama', SERVICE).model).toBe('tiny');
  expect(() => jobs.createService('constructor', {})).toThrow('no service kind');
  const [first] = [jobs.serviceKind('ollama')];
  expect(() => first && jobs.registerService('ollama', first)).toThrow('is there already (built in)');
});

test('the preamble is there, and starts with a comment', () => {
  expect(readPreamble()).toMatch(/^#/);
  for (const verb of [
    'sb_begin',
    'sb_module',
    'sb_port',
    'sb_target',
    'sb_file',
    'sb_ready_http',
    'sb_serve',
    'sb_run_client',
  ]) {
    expect(readPreamble()).toContain(`${verb}()`);
  }
});

test('a whole script, preamble included, is bash', () => {
  for (const { script } of planOf(shipped('quickstart.yaml'), { preamble: readPreamble() }).roles) {
    const { status, stderr } = spawnSync('/bin/bash', ['-n'], { input: script, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  }
});
