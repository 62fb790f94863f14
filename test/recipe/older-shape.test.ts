import { expect, test } from 'vitest';
import { planSession } from '../../src/producer/plan-session.ts';
import { LOADGEN, messagesOf, planOf, settingsWith } from './fixture.ts';

const CLUSTER = {
  container: { runtime: 'apptainer', args: [] },
  variables: { SCRATCH: '/scratch' },
} as const;

/** Two files as a person would write them from the documents of the tool before, without reading ours. */
function pair(service: string, client: string) {
  return planSession({
    recipeText: service,
    file: 's.yaml',
    more: [{ file: 'c.yaml', text: client }],
    settings: settingsWith({ ...CLUSTER, container: { ...CLUSTER.container, args: [] } }),
    version: '0.1.0',
    blobs: { loadgen: LOADGEN },
    preamble: '# the preamble',
  });
}

const REDIS = `
service:
  name: redis
  container_image: redis.sif
  command: redis-server
  resources: {time: "01:00:00", partition: cpu, nodes: 1, ntasks: 1, mem: 4G}
  ports: [6379]
  container: {docker_source: "docker://redis:7", image_path: $HOME/containers/redis.sif}
`;
const LOAD = `
client:
  name: redis_benchmark
  container_image: redis.sif
  target_service: {name: redis, port: 6379}
  duration: 300
  parameters: {requests: 1000}
  resources: {time: "00:30:00", partition: cpu}
`;
/** The words of a verb, line by line, without their quotes. */
const lines = (script: string | undefined, verb: string) =>
  (script ?? '')
    .split('\n')
    .filter((line) => line.startsWith(`${verb} `))
    .map((line) => line.replace(/['"]/g, '').replace(/^.*\.sif /, ''));
const served = (service: string) => lines(pair(service, LOAD).roles[0]?.script, 'sb_serve')[0] ?? '';
/** What redis-benchmark is told, run by run. */
const runs = (client: string) =>
  lines(pair(REDIS, client).roles[1]?.script, 'sb_step').filter((line) => line.includes(' -n '));

test.each([
  ['listed', 'args: [--bind, 0.0.0.0, --port, "6379", --protected-mode, "no", --maxmemory, 2gb]'],
  ['with numbers', 'args: [--bind, 0.0.0.0, --port, 6379, --protected-mode, "no", --maxmemory, 2gb]'],
  ['two words each', 'args: ["--bind 0.0.0.0", "--protected-mode no", "--port 6379", --maxmemory, 2gb]'],
  ['behind the program', 'args: [--maxmemory, 2gb]', 'redis-server --bind 0.0.0.0 --protected-mode no'],
])('a Redis that listens where the kind listens anyway, %s', (_, args, command = 'redis-server') => {
  const text = REDIS.replace('command: redis-server', `command: ${command}\n  ${args}`);
  const words = served(text);
  expect(words.match(/--bind|--port|--protected-mode/g)).toEqual(
    served(REDIS).match(/--bind|--port|--protected-mode/g),
  );
  expect(words).toContain('--maxmemory 2gb');
});

test('listening elsewhere than the kind does is refused', () => {
  const text = REDIS.replace('ports:', 'args: [--bind, 127.0.0.1, --port, "7000"]\n  ports:');
  expect(messagesOf(() => pair(text, LOAD))).toEqual([
    's.yaml:7:10 service.args[0] is set by the kind redis itself; leave it out',
    's.yaml:7:29 service.args[2] is set by the kind redis itself; leave it out',
  ]);
});

test('environment as a list, binds beside the container, set-up as a text, descriptions', () => {
  const plan = pair(
    `name: store
description: of the storage team
${REDIS}
  description: in memory
  environment: [A=1, "B=x=y"]
  bind_mounts: ["$SCRATCH/data:/data"]
  health_check_endpoint: "redis://localhost:6379"
  init_script: |
    ulimit -n 65535
    echo "up"
`,
    LOAD,
  );
  const script = plan.roles[0]?.script ?? '';
  expect(script).toContain("export A='1'");
  expect(script).toContain("export B='x=y'");
  expect(script).toContain("'/scratch/data'':''/data'");
  expect(script).toContain('ulimit -n 65535\necho "up"');
  expect(plan.labels).toEqual({ description: 'of the storage team; in memory' });
});

test('a client with its tool as its command: the flags are its parameters', () => {
  const client = LOAD.replace('redis_benchmark', 'load').replace(
    'parameters: {requests: 1000}',
    'command: redis-benchmark -h {target_host} -p 6379 -n 20000 -c 8 -t SET,GET --csv',
  );
  const plan = pair(REDIS, client);
  expect(plan.roles[1]?.kind).toBe('redis');
  expect(runs(client)).toEqual([expect.stringMatching(/ -n 20000 .*-c 8 .*-t set,get/)]);
  expect(plan.notes).toContain('client: -h is not used: the client is told where its service is');
});

test('other names of parameters, parameters as a list, and lists as a sweep', () => {
  const of = (parameters: string) => LOAD.replace('{requests: 1000}', parameters);
  const client = of(
    '\n    - num_requests: 5000\n    - num_clients: [1, 10]\n    - operations: ["SET", "GET"]',
  );
  expect(runs(client)).toEqual([
    expect.stringMatching(/ -n 5000 .*-c 1 .*-t set,get/),
    expect.stringMatching(/ -n 5000 .*-c 10 .*-t set,get/),
  ]);
  expect(pair(REDIS, client).notes).toEqual(
    expect.arrayContaining([
      'client: parameters.num_requests is read as parameters.requests',
      'client: parameters.num_clients is a list and is read as sweep: {clients: […]}',
    ]),
  );
  expect(messagesOf(() => pair(REDIS, of('{num_clients: 4, clients: 5}')))).toEqual([
    'c.yaml:7:16 and parameters.clients mean the same; give one',
  ]);
});

test('flags and parameters that contradict each other are a problem, and so is a flag that the kind does not know', () => {
  const of = (args: string) =>
    LOAD.replace('duration:', `command: redis-benchmark\n  args: ${args}\n  duration:`);
  expect(runs(of('["-n", "1000"]'))).toHaveLength(1);
  expect(messagesOf(() => pair(REDIS, of('["-n", "7"]')))).toEqual([
    'c.yaml:7:3 -n 7 and parameters.requests say different things; give one',
  ]);
  expect(messagesOf(() => pair(REDIS, of('["--cluster"]')))).toEqual([
    "c.yaml:7:3 '--cluster' cannot be given as an argument; write it as one of parameters:",
  ]);
});

test('keys that could not act are refused, with what to write instead', () => {
  const service = `${REDIS}  replicas: 1\n  volumes: ["/a:/b"]\n  environment: [A]\n`;
  const client = LOAD.replace('port: 6379}', 'port: 6379, protocol: redis}').concat(
    '  output: results.csv\n',
  );
  expect(messagesOf(() => pair(service, client))).toEqual([
    "c.yaml:5:45 'protocol' is the service's own; leave it out",
    "c.yaml:9:3 'output' is not needed: results and logs come home by themselves (sbench results, sbench logs); leave it out",
    "s.yaml:9:3 'replicas' is no key: write services: with an entry for each",
    "s.yaml:10:3 'volumes' is called otherwise here: write container: {bind_mounts: [host:inside]}",
    's.yaml:11:17 must be NAME=text; or write a map (NAME: text)',
  ]);
});

test('a model server of the older shape: host and port as it listens anyway', () => {
  const of = (OLLAMA_HOST: string) =>
    planOf({ service: { type: 'ollama', model: 'tiny', ports: [11434], environment: { OLLAMA_HOST } } });
  expect(of('0.0.0.0').roles).toHaveLength(1);
  expect(of('0.0.0.0:11434').roles).toHaveLength(1);
  expect(messagesOf(() => of('127.0.0.1'))).toEqual([
    expect.stringContaining('service.environment.OLLAMA_HOST is set by the kind ollama itself; leave it out'),
  ]);
});
