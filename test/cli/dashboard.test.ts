import { request } from 'node:http';
import { appRoutes } from '@bull-board/api/dist/routes.js';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeProducer, connectProducer, type ProducerDeps } from '../../src/producer/connect-producer.ts';
import { bullBoard } from '../../src/producer/dashboard/bull-board.ts';
import { html } from '../../src/producer/dashboard/html.ts';
import { type RunningDashboard, startDashboard } from '../../src/producer/dashboard/start-dashboard.ts';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import { keys } from '../../src/shared/redis/keys.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { endSession } from './end-session.ts';
import { CLUSTER, type Workplace, workplace } from './run.ts';

const HOSTILE = `<script>alert("x")</script>'&`;

let redis: TestRedis;
let place: Workplace;
let deps: ProducerDeps;
let dashboard: RunningDashboard;
let id: string;
beforeAll(async () => {
  redis = await startRedis();
  place = workplace(`redis: ${redis.url}\nclusters:\n  local: ${CLUSTER}\n`);
  deps = await connectProducer(redis.url);
  const settings = { redis: redis.url, clusters: { local: {} }, origins: {} };
  const open = { host: '127.0.0.1', port: 0, env: {}, noAuth: true };
  dashboard = await startDashboard(settings as never, open);
  const { out } = await place.sbench(['submit', 'recipe.yaml', '--set', `name=${HOSTILE}`, '--label', 'a=b']);
  id = out.trim();
  expect(id).not.toBe('');
});
afterAll(async () => {
  await dashboard.close();
  await closeProducer(deps);
  await redis.stop();
  place.remove();
});

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** Not `fetch`, which lets nobody set the Host header. */
function ask(path: string, { method = 'GET', headers = {}, base = dashboard.url } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, base), { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('read-only', () => {
  // Every route of Bull Board's own that is not for reading, so that a new version cannot bring one along.
  const writes = appRoutes.api
    .flatMap(({ method, route }) => [method].flat().map((each) => ({ method: each, route: String(route) })))
    .filter(({ method }) => method !== 'get')
    .map(({ method, route }) => [
      method.toUpperCase(),
      route.replace(':queueName', 'local.collect').replace(':queueStatus', 'completed'),
    ]);
  const pathOf = (route: string) => route.replace(':jobId', `${id}.1.collect`).replace(/:\w+/, 'x');

  test('there are routes to refuse', () => expect(writes.length).toBeGreaterThan(15));

  test.each([
    ...writes.map(([method, route]) => [method, `/queues${route}`]),
    ['DELETE', '/'],
    ['POST', '/healthz'],
  ])('%s %s is refused', async (method, route = '') => {
    expect((await ask(pathOf(route), { method })).status).toBe(405);
    const queue = deps.queues.queue('local', 'collect');
    expect(await queue.isPaused()).toBe(false);
    expect(await queue.getJob(`${id}.1.collect`)).toBeDefined();
  });

  test('Bull Board refuses by itself, too', async () => {
    const { router, refresh } = bullBoard(deps, ['local'], '');
    const server = express().use(refresh, router).listen(0, '127.0.0.1');
    await until('it listens', () => server.listening);
    const { port } = server.address() as { port: number };
    const base = `http://127.0.0.1:${port}/`;
    for (const [method, route = ''] of writes) {
      expect((await ask(pathOf(route), { method, base })).status, `${method} ${route}`).toBe(403);
    }
    server.closeAllConnections();
    server.close();
  });
});

describe('nothing from other hosts', () => {
  test.each(['/', '/queues/', '/healthz', '/nowhere'])('%s has a strict policy', async (path) => {
    const { headers, body } = await ask(path);
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/script-src 'self';/);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(body).not.toMatch(/(?:src|href)="?(?:https?:)?\/\//);
  });

  test('Bull Board comes with its own files only', async () => {
    const { status, body } = await ask('/queues/');
    expect(status).toBe(200);
    expect(body).toContain('<title>sbench</title>');
    const files = [...body.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map((match) => match[1]);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect((await ask(`/queues/${file}`)).status, file).toBe(200);
  });
});

describe('who asks', () => {
  test.each(['localhost', 'localhost:9000', '127.0.0.1:1', '[::1]:8383', 'LOCALHOST'])(
    '%s is us',
    async (host) => {
      expect((await ask('/', { headers: { host } })).status).toBe(200);
    },
  );
  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:8383', '192.168.0.1'])(
    "'%s' is not",
    async (host) => {
      const { status, body } = await ask('/', { headers: { host } });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).not.toContain(id);
    },
  );
});

test('queues of configured clusters, and of others that Redis knows', async () => {
  const { queues: before } = JSON.parse((await ask('/queues/api/queues')).body);
  const names = before.map(({ name }: { name: string }) => name);
  expect(names).toContain('local.collect');
  expect(names).toContain('local.stage');
  expect(before.every(({ readOnlyMode }: { readOnlyMode: boolean }) => readOnlyMode)).toBe(true);

  await clusterStore(deps.redis, 'elsewhere').register('a@b:22:c');
  const { router, refresh } = bullBoard(deps, [], '');
  const server = express().use(refresh, router).listen(0, '127.0.0.1');
  await until('it listens', () => server.listening);
  const { port } = server.address() as { port: number };
  const found = await ask('/api/queues', { base: `http://127.0.0.1:${port}/` });
  expect(found.body).toContain('"elsewhere.collect"');
  server.closeAllConnections();
  server.close();
});

describe('pages', () => {
  test('a hostile name is text', async () => {
    for (const path of ['/', `/sessions/${id}`]) {
      const { status, headers, body } = await ask(path);
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(body).not.toContain('<script');
      expect(body).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;');
    }
  });

  test('a session has its story, its Slurm jobs, its recipe and its results', async () => {
    const before = await ask(`/sessions/${id}`);
    expect(before.body).toContain('http-equiv="refresh"');
    await endSession(deps, id, 'succeeded');
    const { body } = await ask(`/sessions/${id}`);
    expect(body).not.toContain('http-equiv="refresh"');
    expect(body).toContain('<td>101</td>');
    expect(body).toContain('Slurm job 102 running on node1');
    expect(body).toContain('LOW_SAMPLES ERRORS');
    expect(body).toContain('type: ollama');
  });

  test.each(['/sessions/991231-zzzzzz', '/sessions/%3Cscript%3E', '/nowhere'])(
    '%s is not there',
    async (path) => {
      const { status, body } = await ask(path);
      expect(status).toBe(404);
      expect(body).not.toContain('<script');
    },
  );

  test('the template escapes everything that is not HTML already', () => {
    expect(html`<p title="${'"\'<&>'}">${['<b>', html`<i>${'<'}</i>`]}${undefined}\u0007</p>`.text).toBe(
      '<p title="&quot;&#39;&lt;&amp;&gt;">&lt;b&gt;<i>&lt;</i>\u0007</p>',
    );
  });
});

describe('/healthz', () => {
  test('503 until somebody serves every cluster', async () => {
    const unserved = await ask('/healthz');
    expect(unserved.status).toBe(503);
    expect(JSON.parse(unserved.body)).toEqual({
      ok: false,
      redis: true,
      clusters: { local: { workers: 0 } },
    });
    await deps.redis.zadd(keys.workers('local'), Date.now(), 'here:1', Date.now() - 60_000, 'dead:1');
    const served = await ask('/healthz');
    expect(served.status).toBe(200);
    expect(JSON.parse(served.body)).toEqual({ ok: true, redis: true, clusters: { local: { workers: 1 } } });
  });

  test('503 without Redis, and well again with it', async () => {
    await redis.kill9();
    const away = await ask('/healthz');
    expect(away.status).toBe(503);
    expect(JSON.parse(away.body)).toMatchObject({ ok: false, redis: false });
    const page = await ask('/');
    expect(page.status).toBe(503);
    expect(page.body).toContain('Redis is away');
    await redis.restart();
    await until('it is well again', async () => (await ask('/')).status === 200);
  });
});

test('the command says where it is and ends at Ctrl-C', async () => {
  const interrupt = new AbortController();
  const { code, out, err } = await place.sbench(['dashboard', '--port', '0'], {
    env: { SBENCH_DASHBOARD_PASSWORD: 'long enough to be one' },
    interrupt,
    onOutput: () => interrupt.abort(),
  });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
});

test('a port that is taken', async () => {
  const { port } = new URL(dashboard.url);
  const { code, err } = await place.sbench(['dashboard', '--no-auth', '--port', port]);
  expect(code).toBe(2);
  expect(err).toContain('Try another --port.');
});
