import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeProducer, connectProducer, type ProducerDeps } from '../../src/producer/connect-producer.ts';
import { enqueueSessions } from '../../src/producer/enqueue-sessions.ts';
import { findSession } from '../../src/producer/find-session.ts';
import { retrySession } from '../../src/producer/retry-session.ts';
import { findPast } from '../../src/shared/cleanup/find-past.ts';
import { removePast } from '../../src/shared/cleanup/remove-past.ts';
import type { Plan } from '../../src/shared/plan/plan.ts';
import { markForgotten } from '../../src/shared/redis/forget-session.ts';
import { findIdleBlobs, forgetBlobs } from '../../src/shared/redis/idle-blobs.ts';
import { QUEUE_PREFIX } from '../../src/shared/redis/keys.ts';
import { endSession } from '../cli/end-session.ts';
import { planOf } from '../session/fixture.ts';
import { age, type LocalLogin, localLogin } from '../support/local-login.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const DAY = 86_400;
let redis: TestRedis;
let deps: ProducerDeps;
let login: LocalLogin;
beforeAll(async () => {
  redis = await startRedis();
  deps = await connectProducer(redis.url);
});
afterAll(async () => {
  await closeProducer(deps);
  await redis.stop();
});
beforeEach(async () => {
  await deps.redis.flushall();
  login = localLogin('bx', 'alpha');
});
afterEach(() => login.remove());

const place = () => ({ ...deps, link: login.link });
const find = () => findPast(place(), 30 * DAY);
const names = (past: { sessions: { id: string }[] }) => past.sessions.map(({ id }) => id).sort();
const DATA = { sha256: 'b'.repeat(64), data: Buffer.from('the load generator') };
const withBlob = (plan: Plan): Plan => ({
  ...plan,
  artifacts: [{ kind: 'blob', as: 'loadgen.mjs', sha256: DATA.sha256, bytes: DATA.data.length }],
});

/** Sessions that ended 40 days ago, in Redis and on the cluster. */
async function ended(count: number, key?: string): Promise<string[]> {
  const plan = withBlob(planOf({ services: 1, clients: 1 }));
  const plans = Array.from({ length: count }, (_, at) =>
    count === 1 ? plan : { ...plan, group: { index: at + 1, of: count, values: {} } },
  );
  const { sessions } = await enqueueSessions(deps, plans, { ...(key ? { key } : {}), blobs: [DATA] });
  for (const { id } of sessions) {
    await endSession(deps, id, 'succeeded');
    await makeOld(id);
  }
  return sessions.map(({ id }) => id);
}

async function makeOld(id: string): Promise<void> {
  const at = Date.now() - 40 * DAY * 1_000;
  const record = {
    ...JSON.parse((await deps.redis.hget(`sbench:session:${id}`, 'record')) ?? ''),
    endedAt: at,
  };
  await deps.redis.hset(`sbench:session:${id}`, 'record', JSON.stringify(record));
  await deps.redis.zadd('sbench:sessions', at, id);
  login.session(id);
  age(login.path(`sessions/${id}`), 40 * DAY);
}

describe('a session past its time', () => {
  test('is found when Redis and the cluster agree, and Slurm has nothing of it', async () => {
    const [id = ''] = await ended(1);
    expect(names(await find())).toEqual([id]);
    login.squeue(`echo "$7" | sed 's/%A/7/; s/%T/RUNNING/; s/%j/sb-bx-${id}-1-s1/; s/%[a-zA-Z]/x/g'`);
    expect(await find()).toMatchObject({
      sessions: [],
      kept: [{ id, why: 'Slurm still has a Slurm job of it' }],
    });
    login.squeue('exit 1');
    await expect(find()).rejects.toThrow('could not be seen');
    login.squeue('exit 0');
    // A file of it that changed yesterday.
    age(login.path(`sessions/${id}/1/s1.out`), DAY);
    expect(names(await find())).toEqual([]);
  });

  test('that is not over, or ended lately, is not; a folder that no record tells of is', async () => {
    const [id = ''] = await ended(1);
    await deps.redis.hset(
      `sbench:session:${id}`,
      'record',
      JSON.stringify({ ...(await deps.store.read(id))?.record, endedAt: Date.now() }),
    );
    const { sessions } = await enqueueSessions(deps, [planOf({ services: 1, clients: 0 })], { blobs: [] });
    const running = sessions[0]?.id ?? '';
    login.session(running);
    age(login.path(`sessions/${running}`), 40 * DAY);
    login.session('200101-nobody');
    age(login.path('sessions/200101-nobody'), 40 * DAY);
    expect(names(await find())).toEqual(['200101-nobody']);
    await removePast(place(), await find());
    expect(existsSync(login.path('sessions/200101-nobody'))).toBe(false);
    expect(existsSync(login.path(`sessions/${running}`))).toBe(true);
    expect(await deps.store.read(id)).toBeDefined();
  });

  test('leaves nothing: folder, record, story, actions, key; the same key is new work then', async () => {
    const [id = ''] = await ended(1, 'k');
    const { sessions, left } = await removePast(place(), await find());
    expect({ sessions, left }).toEqual({ sessions: [id], left: [] });
    expect(existsSync(login.path(`sessions/${id}`))).toBe(false);
    expect(await deps.redis.keys(`*${id}*`)).toEqual([]);
    expect(await deps.redis.keys(`${QUEUE_PREFIX}:*:wait*`)).toEqual([]);
    await expect(findSession(deps, id)).rejects.toThrow('there is no session');
    const [again = ''] = await ended(1, 'k');
    expect(again).not.toBe(id);
  });

  test('takes its group and the group’s key with it, when it is the last', async () => {
    const [first = '', second = ''] = await ended(2, 'k');
    const past = await find();
    const group = (await deps.store.read(first))?.record.group?.id;
    await removePast(place(), { ...past, sessions: past.sessions.filter(({ id }) => id === first) });
    expect(await deps.redis.exists('sbench:key:k', `sbench:group:${group}`)).toBe(2);
    expect((await removePast(place(), await find())).sessions).toEqual([second]);
    expect(
      await deps.redis.exists('sbench:key:k', `sbench:group:${group}`, `sbench:group:${group}:sessions`),
    ).toBe(0);
    expect(await deps.redis.zcard('sbench:groups')).toBe(0);
  });

  test('cannot be tried again once its removal has begun; whoever died over it is followed by the next', async () => {
    const [id = ''] = await ended(1);
    const session = await deps.store.read(id);
    if (!session) throw new Error('no session');
    expect(await markForgotten(deps.redis, session)).toBe(true);
    await expect(retrySession(deps, id, { force: true })).rejects.toThrow('there is no session');
    age(login.path(`sessions/${id}`), 40 * DAY);
    expect((await removePast(place(), await find())).sessions).toEqual([id]);
  });

  test('that somebody has tried again meanwhile stays', async () => {
    const [id = ''] = await ended(1);
    const past = await find();
    await retrySession(deps, id, { force: true });
    expect(await removePast(place(), past)).toMatchObject({ sessions: [], left: [{ id }] });
    expect((await deps.store.read(id))?.record).toMatchObject({ attempt: 2, state: 'queued' });
    expect(existsSync(login.path(`sessions/${id}/1/s1.out`))).toBe(true);
  });
});

test('a program in Redis stays while a session’s plan names it, or somebody has just put it there', async () => {
  const [id = ''] = await ended(1);
  await deps.redis.set(`sbench:blob:${'c'.repeat(64)}`, 'of nobody');
  const idle = await findIdleBlobs(deps.redis, deps.store, 0);
  expect(idle.map(({ sha256 }) => sha256)).toEqual(['c'.repeat(64)]);
  expect(await findIdleBlobs(deps.redis, deps.store, 3_600)).toEqual([]);
  expect(await forgetBlobs(deps.redis, idle, 3_600)).toBe(0);
  expect(await forgetBlobs(deps.redis, idle, 0)).toBe(1);
  await removePast(place(), await find());
  expect((await findIdleBlobs(deps.redis, deps.store, 0)).map(({ sha256 }) => sha256)).toEqual([DATA.sha256]);
  expect(await deps.store.read(id)).toBeUndefined();
});
