import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeProducer, connectProducer, type ProducerDeps } from '../../src/producer/connect-producer.ts';
import { hashPassword } from '../../src/producer/dashboard/access.ts';
import { type RunningDashboard, startDashboard } from '../../src/producer/dashboard/start-dashboard.ts';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { endSession } from './end-session.ts';
import { CLUSTER, type Workplace, workplace } from './run.ts';

const PASSWORD = 'correct horse battery';
const TOKEN = '0123456789abcdefghij';
const ENV = { SBENCH_DASHBOARD_PASSWORD: PASSWORD, SBENCH_DASHBOARD_TOKEN: TOKEN };

let redis: TestRedis;
let place: Workplace;
let deps: ProducerDeps;
let dashboard: RunningDashboard;
let said: string[];
const ids: string[] = [];
beforeAll(async () => {
  redis = await startRedis();
  place = workplace(`redis: ${redis.url}\nclusters:\n  local: ${CLUSTER}\n`);
  deps = await connectProducer(redis.url);
  const secret = 'service.environment.HF_TOKEN=hf_geheim';
  for (const words of [
    ['--label', 'a=b'],
    ['--label', 'a=c'],
    ['--set', secret],
  ]) {
    const { out, err } = await place.sbench(['submit', 'recipe.yaml', ...words]);
    expect(err).not.toContain('error');
    ids.push(out.trim());
  }
  await endSession(deps, ids[0] ?? '', 'succeeded');
});
afterAll(async () => {
  await dashboard.close();
  await closeProducer(deps);
  await redis.stop();
  place.remove();
});
// One each: a test's wrong guesses must not make another one wait.
beforeEach(async () => {
  await dashboard?.close();
  said = [];
  dashboard = await start({ env: ENV });
});

const start = (options: Partial<Parameters<typeof startDashboard>[1]>) =>
  startDashboard({ redis: redis.url, clusters: { local: {} }, origins: {} } as never, {
    host: '127.0.0.1',
    port: 0,
    env: {},
    say: (line) => said.push(line),
    ...options,
  });

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

function ask(path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, dashboard.url), { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const logIn = (password: string, { next = '/', headers = {} } = {}) =>
  ask('/login', {
    method: 'POST',
    headers: { ...FORM, ...headers },
    body: new URLSearchParams({ password, next }).toString(),
  });
const cookieOf = ({ headers }: Answer): string => String(headers['set-cookie']).split(';')[0] ?? '';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('without a secret', () => {
  test.each(['/', '/sessions/x', '/queues/', '/queues/static/js/main.js', '/nowhere'])(
    '%s leads to the form',
    async (path) => {
      const { status, headers, body } = await ask(path);
      expect(status).toBe(303);
      expect(headers.location).toBe(`/login?next=${encodeURIComponent(path)}`);
      expect(body).not.toContain(ids[0]);
    },
  );
  test.each(['/api/sessions', '/api/nowhere', '/metrics', '/queues/api/queues'])(
    '%s is 401',
    async (path) => {
      const { status, headers, body } = await ask(path);
      expect({ status, body }).toEqual({ status: 401, body: '{"error":"who are you?"}' });
      expect(headers['www-authenticate']).toContain('Bearer');
    },
  );
  test('/healthz says whether, not what', async () => {
    expect((await ask('/healthz')).body).toBe('{"ok":false}');
    expect((await ask('/healthz', { headers: bearer(TOKEN) })).body).toContain('"workers":0');
  });
});

describe('a person', () => {
  test('logs in, goes where they wanted to go, and logs out', async () => {
    expect((await ask('/login?next=/queues/')).body).toContain('name="next" value="/queues/"');
    const answer = await logIn(PASSWORD, { next: `/sessions/${ids[0]}` });
    expect({ status: answer.status, to: answer.headers.location }).toEqual({
      status: 303,
      to: `/sessions/${ids[0]}`,
    });
    const set = String(answer.headers['set-cookie']);
    expect(set).toMatch(
      /^sbench-login=[\w-]{43}; Max-Age=43200; Path=\/; Expires=.*; HttpOnly; SameSite=Strict$/,
    );
    const headers = { cookie: cookieOf(answer) };
    expect((await ask('/', { headers })).body).toContain(ids[0]);
    expect((await ask('/api/sessions', { headers })).status).toBe(200);

    expect((await ask('/logout', { method: 'POST', headers })).headers.location).toBe('/login');
    expect((await ask('/', { headers })).status).toBe(303);
  });

  test('behind a proxy that speaks https the cookie is for https only', async () => {
    await dashboard.close();
    dashboard = await start({ env: ENV, trustProxy: ['127.0.0.1'] });
    const answer = await logIn(PASSWORD, { headers: { 'x-forwarded-proto': 'https' } });
    expect(String(answer.headers['set-cookie'])).toContain('; Secure;');
  });

  test.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:x'])(
    'is not sent to %s',
    async (next) => {
      expect((await logIn(PASSWORD, { next })).headers.location).toBe('/');
    },
  );

  test('who guesses waits longer and longer, and is named in the log', async () => {
    for (let guess = 0; guess < 4; guess++) expect((await logIn(`wrong ${guess}`)).status).toBe(401);
    const late = await logIn(PASSWORD);
    expect(late.status).toBe(429);
    expect(late.headers['retry-after']).toBe('2');
    expect(said).toEqual(Array(4).fill('a wrong password from 127.0.0.1'));
    // A proxy's word counts only when it was said to be one.
    expect((await logIn(PASSWORD, { headers: { 'x-forwarded-for': '192.0.2.7' } })).status).toBe(429);
  });

  test('twenty guesses at once are twenty', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => logIn('wrong')));
    expect(all.filter(({ status }) => status === 401)).toHaveLength(4);
  });

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 303],
  ])('a form of another site: %o', async (headers, status) => {
    expect((await logIn(PASSWORD, { headers })).status).toBe(status);
  });

  test('a form that is too large, or none', async () => {
    expect((await logIn('x'.repeat(5_000))).status).toBe(413);
    expect((await ask('/login', { method: 'POST', headers: FORM })).status).toBe(400);
    const nested = await ask('/login', { method: 'POST', headers: FORM, body: 'password[x]=1' });
    expect(nested.status).toBe(400);
  });

  test('a cookie of nobody', async () => {
    for (const cookie of ['sbench-login=', 'sbench-login=x', `a=b; sbench-login=${'A'.repeat(43)}`])
      expect((await ask('/', { headers: { cookie } })).status).toBe(303);
  });
});

describe('a program', () => {
  const headers = bearer(TOKEN);

  test('reads sessions by state, label and page', async () => {
    const get = async (query: string) => JSON.parse((await ask(`/api/sessions${query}`, { headers })).body);
    const shown = async (query: string) => (await get(query)).sessions.map(({ id }: { id: string }) => id);
    expect(await shown('')).toEqual([ids[2], ids[1], ids[0]]);
    expect(await shown('?state=succeeded')).toEqual([ids[0]]);
    expect(await shown('?label=a=c')).toEqual([ids[1]]);
    expect(await shown('?cluster=other')).toEqual([]);
    const first = await get('?limit=2');
    expect(first.sessions).toHaveLength(2);
    expect(await shown(`?limit=2&after=${first.next}`)).toEqual([ids[0]]);
    const wrong = await ask('/api/sessions?stat=x', { headers });
    expect({ status: wrong.status, body: wrong.body }).toMatchObject({
      status: 400,
      body: expect.stringContaining('stat'),
    });
  });

  test('reads one, its story, and the clusters', async () => {
    const get = async (path: string) => JSON.parse((await ask(path, { headers })).body);
    expect(await get(`/api/sessions/${ids[0]}`)).toMatchObject({ id: ids[0], state: 'succeeded' });
    const { notes } = await get(`/api/sessions/${ids[0]}/timeline`);
    expect(notes.at(-1)).toMatchObject({ what: 'succeeded' });
    expect((await ask('/api/sessions/nobody', { headers })).status).toBe(404);
    const { clusters } = await get('/api/clusters');
    expect(clusters).toMatchObject([{ name: 'local', workers: [], openSessions: 2, ssh: { ok: true } }]);
    expect(await get('/api/clusters/local')).toMatchObject({ name: 'local' });
  });

  test('cancels, which a browser cannot be made to do', async () => {
    const path = `/api/sessions/${ids[1]}/cancel`;
    const cookie = cookieOf(await logIn(PASSWORD));
    expect((await ask(path, { method: 'POST', headers: { cookie } })).status).toBe(401);
    expect((await ask(path, { method: 'POST' })).status).toBe(401);
    expect((await ask(path, { method: 'GET', headers })).status).toBe(404);
    const { status, body } = await ask(path, { method: 'POST', headers });
    expect({ status, state: JSON.parse(body).state }).toEqual({ status: 202, state: 'ending' });
    expect((await ask('/api/sessions/nobody/cancel', { method: 'POST', headers })).status).toBe(404);
  });

  test('with a wrong token waits, too; people do not wait for it', async () => {
    for (let guess = 0; guess < 4; guess++)
      expect((await ask('/metrics', { headers: bearer(`${TOKEN}${guess}`) })).status).toBe(401);
    expect((await ask('/metrics', { headers })).status).toBe(429);
    expect((await logIn(PASSWORD)).status).toBe(303);
  });

  test('changes nothing else', async () => {
    for (const [method, path] of [
      ['POST', '/api/sessions'],
      ['DELETE', `/api/sessions/${ids[0]}`],
      ['PUT', '/queues/api/queues/local.collect/pause'],
      ['POST', '/metrics'],
    ] as const)
      expect((await ask(path, { method, headers })).status, path).toBe(405);
  });
});

describe('/metrics', () => {
  test('counts what there is, in the words of Prometheus', async () => {
    const cluster = clusterStore(deps.redis, 'local');
    await cluster.note({ controller: 'timed out', controllerAt: Date.now(), lookedAt: Date.now() - 90_000 });
    await cluster.countCommand('look');
    await cluster.countCommand('release', ['x', 's1=a', 'c1=b']);
    const { status, headers, body } = await ask('/metrics', { headers: bearer(TOKEN) });
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    const value = (line: string) =>
      body
        .split('\n')
        .find((each) => each.startsWith(`${line} `))
        ?.split(' ')[1];
    expect(value('sbench_actions{cluster="local",action="stage",state="waiting"}')).toBe('3');
    expect(value('sbench_sessions_ended_total{cluster="local",state="succeeded"}')).toBe('1');
    expect(value('sbench_sessions{cluster="local",state="queued"}')).toBe('1');
    expect(value('sbench_cluster_up{cluster="local",part="ssh"}')).toBe('1');
    expect(value('sbench_cluster_up{cluster="local",part="controller"}')).toBe('0');
    expect(Number(value('sbench_cluster_last_look_age_seconds{cluster="local"}'))).toBeGreaterThanOrEqual(90);
    expect(value('sbench_controller_queries_total{cluster="local"}')).toBe('3');
    expect(value('sbench_verbs_total{cluster="local",verb="release"}')).toBe('1');
    expect(value('sbench_workers{cluster="local"}')).toBe('0');
  });

  test('may be open, alone', async () => {
    await dashboard.close();
    dashboard = await start({ env: ENV, openMetrics: true });
    expect((await ask('/metrics')).status).toBe(200);
    expect((await ask('/api/sessions')).status).toBe(401);
  });
});

test('what looks like a secret is hidden', async () => {
  const headers = { cookie: cookieOf(await logIn(PASSWORD)) };
  for (const path of [`/sessions/${ids[2]}`, `/api/sessions/${ids[2]}`, '/queues/api/queues'])
    expect((await ask(path, { headers })).body).not.toContain('geheim');
});

describe('what it wants to know', () => {
  test.each([
    [{}, 'no password, and there is no default one'],
    [{ SBENCH_DASHBOARD_PASSWORD: 'short' }, 'too short'],
    [{ SBENCH_DASHBOARD_TOKEN: 'short' }, 'too short'],
    [{ SBENCH_DASHBOARD_PASSWORD_FILE: '/nowhere' }, 'cannot read SBENCH_DASHBOARD_PASSWORD_FILE'],
    [{ SBENCH_DASHBOARD_PASSWORD: PASSWORD, SBENCH_DASHBOARD_PASSWORD_FILE: '/x' }, 'both set'],
    [{ SBENCH_DASHBOARD_PASSWORD: 'scrypt$damaged' }, 'damaged'],
  ])('%o', async (env, message) => {
    const { code, err } = await place.sbench(['dashboard', '--port', '0'], { env: env as never });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test('no password for everybody: refused', async () => {
    const { code, err } = await place.sbench(['dashboard', '--no-auth', '--host', '0.0.0.0', '--port', '0']);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('for this host alone') });
  });

  test('a file that holds the hash only', async () => {
    const hash = await hashPassword(PASSWORD);
    expect(hash).not.toContain('horse');
    const file = place.write('password', `${hash}\n`);
    await dashboard.close();
    dashboard = await start({ env: { SBENCH_DASHBOARD_PASSWORD_FILE: file } });
    expect((await logIn('wrong password')).status).toBe(401);
    expect((await logIn(PASSWORD)).status).toBe(303);
    // No token was set: none is right.
    expect((await ask('/metrics', { headers: bearer('undefined') })).status).toBe(401);
    expect((await ask('/metrics', { headers: bearer(hash) })).status).toBe(401);
  });
});
