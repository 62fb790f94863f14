import { expect, test } from 'vitest';
import { messagesOf, planOf } from './fixture.ts';
import { runScript, STUBS, wordsOf } from './run-script.ts';

const SERVER = {
  type: 'container',
  command: 'redis-server',
  args: ['--port', '$SBENCH_PORT'],
  ports: 'auto',
};
const LOAD = { type: 'ollama', model: 'tiny' };
const without = (messages: string[]) => messages.map((message) => message.replace(/^\S+ /, ''));

const readiness = (service: object) => {
  const { calls } = runScript(planOf({ service }, { preamble: STUBS }).roles[0]?.script ?? '');
  return calls.filter(({ verb }) => verb.startsWith('sb_ready')).map(({ verb, words }) => [verb, ...words]);
};

test('any program: its command, its port, its environment', () => {
  const service = { ...SERVER, environment: { HOST: '0.0.0.0' } };
  const [role] = planOf({ service }, { preamble: STUBS }).roles;
  const run = runScript(role?.script ?? '');
  expect(wordsOf(run, 'sb_serve')).toEqual(['redis-server', '--port', '11434']);
  expect(wordsOf(run, 'sb_port')).toEqual(['auto']);
  expect(run.environment.get('HOST')).toBe('0.0.0.0');
  expect(role?.endpoint).toEqual({ scheme: 'http', path: '' });
});

test('ready: a connection when it has a port, else running; the recipe may say more', () => {
  expect(readiness(SERVER)).toEqual([['sb_ready_tcp']]);
  expect(readiness({ type: 'container', command: 'true' })).toEqual([['sb_ready_none']]);
  const check = (health_check: object) => readiness({ ...SERVER, health_check });
  expect(check({ http: '/health', interval: 3 })).toEqual([
    ['sb_ready_http', 'GET', '/health', '', '', '', '2??', '10'],
    ['sb_ready_every', '3'],
  ]);
  expect(check({ http: { path: '/x', method: 'POST', body: '{}', status: [200, 401], text: 'ok' } })).toEqual(
    [['sb_ready_http', 'POST', '/x', '{}', 'ok', '', '200 401', '10']],
  );
  expect(check({ tcp: false })).toEqual([['sb_ready_none']]);
  expect(check({ timeout: '9s' })).toEqual([['sb_ready_tcp']]);
  expect(check({ command: ['redis-cli', '-p', '$SBENCH_PORT', "pi'ng"] })).toEqual([
    ['sb_ready_command', 'redis-cli', '-p', '11434', "pi'ng"],
  ]);
});

test('an older health check loads: endpoint, retries, interval', () => {
  const of = (endpoint: string) => readiness({ ...SERVER, health_check: { endpoint } })[0]?.slice(0, 3);
  expect(of('http://localhost:8000/api/v1')).toEqual(['sb_ready_http', 'GET', '/api/v1']);
  expect(of('http://localhost:8000')).toEqual(['sb_ready_http', 'GET', '/']);
  expect(of('/api/tags')).toEqual(['sb_ready_http', 'GET', '/api/tags']);
  expect(of('redis://localhost:6379')).toEqual(['sb_ready_tcp']);
  const health_check = { endpoint: 'redis://localhost:6379', timeout: 30, retries: 20, interval: 3 };
  const [role] = planOf({ service: { ...SERVER, ports: [6379], health_check } }).roles;
  expect([role?.startLimitS, role?.endpoint?.scheme]).toEqual([60, 'redis']);
  const ollama = { type: 'ollama', model: 'tiny', health_check: { endpoint: '/api/tags' } };
  expect(readiness(ollama)[0]?.[2]).toBe('/api/generate');
  expect(planOf({ service: ollama }).notes).toEqual([expect.stringContaining('endpoint is not used')]);
});

test('a program and its arguments in one line are taken apart; a path with a space is a path', () => {
  const words = (service: object) =>
    wordsOf(runScript(planOf({ service }, { preamble: STUBS }).roles[0]?.script ?? ''), 'sb_serve');
  const line = 'python3 -m http.server';
  expect(words({ ...SERVER, command: line, args: ['$SBENCH_PORT', 0.5] })).toEqual([
    ...['python3', '-m', 'http.server'],
    ...['11434', '0.5'],
  ]);
  expect(words({ type: 'container', command: 'sleep 5' })).toEqual(['sleep', '5']);
  expect(words({ ...SERVER, command: '/opt/my programs/server' })?.[0]).toBe('/opt/my programs/server');
});

test('what cannot be checked is said', () => {
  const wrong = (service: object) => without(messagesOf(() => planOf({ service })));
  expect(wrong({ ...SERVER, health_check: { http: '/', tcp: true } })).toEqual([
    'service.health_check.tcp and health_check.http are both given; give one',
  ]);
  expect(wrong({ type: 'container', command: 'x', health_check: { tcp: true } })).toEqual([
    "service.health_check asks a port, and the service has none; give it 'ports'",
  ]);
  expect(wrong({ ...SERVER, health_check: { http: 'health' } })).toHaveLength(1);
  expect(wrong({ ...SERVER, health_check: { http: { status: 42 } } })).toHaveLength(1);
  expect(wrong({ ...SERVER, health_check: { htpp: '/' } })).toEqual([
    "unknown key 'htpp' in service.health_check. Did you mean 'http'?",
  ]);
  expect(wrong({ ...SERVER, ports: undefined })).toEqual([
    'service.args[1] uses $SBENCH_PORT, which only a service with ports has',
  ]);
  expect(wrong({ ...SERVER, command: 'echo "a b" | nc -l' })).toEqual([
    'service.command is one program; write command: sh and args: ["-c", "echo \\"a b\\" | nc -l"]',
  ]);
  expect(wrong({ type: 'container' })).toEqual(["service needs 'command': the program that serves"]);
});

test('a service that is no kind and has a command is a container; a slip is a slip', () => {
  const { type: _, ...service } = SERVER;
  const plan = planOf({ service: { ...service, name: 'my-store' } });
  expect(plan.roles[0]).toMatchObject({ kind: 'container', name: 'my-store' });
  expect(plan.notes).toEqual(["service: 'my-store' is no kind: read as type: container"]);
  expect(without(messagesOf(() => planOf({ service: { ...service, name: 'olama' } })))).toContain(
    "unknown service kind 'olama'. Did you mean 'ollama'?",
  );
});

test('a client cannot talk to a service without a port', () => {
  const service = { type: 'container', command: 'true', name: 'mute' };
  expect(without(messagesOf(() => planOf({ service, client: LOAD })))).toEqual([
    "client: the service 'mute' has no port to talk to; give it 'ports'",
  ]);
});
