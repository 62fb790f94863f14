import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Answer } from '../../src/shared/cluster/answer.ts';
import type { ClusterLink, Command } from '../../src/shared/cluster/cluster-link.ts';
import { ConnectionError } from '../../src/shared/errors.ts';
import { ACTIONS, queueName, queues } from '../../src/shared/queues.ts';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { QUEUE_PREFIX } from '../../src/shared/redis/keys.ts';
import { sessionStore } from '../../src/shared/redis/session-store.ts';
import { isOver, newRecord } from '../../src/shared/session/record.ts';
import { runAction } from '../../src/workers/run-action.ts';
import type { ServedCluster } from '../../src/workers/served-cluster.ts';
import { planOf } from '../session/fixture.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const SESSIONS = 200;
/** Every sleep is a minute: one lost wake-up of 200, and the test does not end within this. */
const WITHIN_MS = 50_000;

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = await connectRedis(server.url, 'work');
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test(`${SESSIONS} waits that are woken while they are active: none of them sleeps its minute`, async () => {
  const plan = planOf({ services: 1, clients: 0 });
  const all = queues(redis);
  const store = sessionStore(redis, ({ record, plan: of }) => all.wake(record, of));
  // While `stage` asks the cluster, its session is cancelled; then the connection is lost, and `stage` goes to sleep.
  const ask = async ({ verb, args }: Command) => {
    if (verb === 'release') return new Answer(Buffer.from('owner s1 closed\nclosed\nnow 1\n'));
    await store.apply(String(args[1]), { type: 'cancel-requested', text: 'enough', clock: 0, look: 0 });
    throw new ConnectionError('lost', { code: 'LOST', remedy: 'wait', waitMs: 60_000 });
  };
  const link: ClusterLink = {
    cluster: 'alpha',
    installation: 'btest',
    ask,
    run: async () => Buffer.from('none'),
    start: () => Promise.reject(new Error('nobody observes')),
    forward: () => new Promise(() => {}),
    close: async () => {},
  };
  const cluster = clusterStore(redis, 'alpha');
  const served: ServedCluster = {
    name: 'alpha',
    redis,
    link,
    store,
    cluster,
    queues: all,
    resultsFolder: undefined,
    secretsFolder: undefined,
    retentionS: undefined,
  };
  const log = pino({ level: 'silent' });
  const workers = ACTIONS.map((action) => {
    const process = (job: Job, token?: string) => runAction(served, job, token ?? '', log);
    const options = { connection: redis, prefix: QUEUE_PREFIX, concurrency: 25 };
    return new Worker(queueName('alpha', action), process, options).on('error', () => {});
  });

  const ids = Array.from({ length: SESSIONS }, (_, i) => `261123-${String(i).padStart(4, '0')}bc`);
  for (const id of ids) {
    const record = newRecord(id, plan, { recipeSha256: 'r', createdAt: 1 });
    await store.create(record, plan);
    await all.addFlow(record, plan);
  }
  try {
    await until('every session is over', async () => (await states(store, ids)).every(isOver), WITHIN_MS);
  } finally {
    await Promise.all(workers.map((worker) => worker.close(true)));
    await all.close();
  }

  expect((await states(store, ids)).map(({ state }) => state)).toEqual(ids.map(() => 'cancelled'));
});

const states = async (store: ReturnType<typeof sessionStore>, ids: string[]) =>
  (await Promise.all(ids.map((id) => store.read(id)))).flatMap((session) =>
    session ? [session.record] : [],
  );
