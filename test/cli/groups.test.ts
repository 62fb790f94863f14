import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeProducer, connectProducer, type ProducerDeps } from '../../src/producer/connect-producer.ts';
import { startDashboard } from '../../src/producer/dashboard/start-dashboard.ts';
import { findSession, findSessions } from '../../src/producer/find-session.ts';
import { Producer } from '../../src/producer/index.ts';
import { isOver } from '../../src/shared/session/record.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { endSession } from './end-session.ts';
import { CLUSTER, RECIPE, type Workplace, workplace } from './run.ts';

let redis: TestRedis;
let place: Workplace;
let deps: ProducerDeps;
beforeAll(async () => {
  redis = await startRedis();
  place = workplace(`redis: ${redis.url}\nclusters:\n  local: ${CLUSTER}\n`);
  place.write(
    'matrix.yaml',
    `${RECIPE.replace('max_tokens: 8', 'max_tokens: $n')}matrix: {n: [8, 16, 32]}\nexclude: [{n: 16}]\nrepeat: 2\n`,
  );
  deps = await connectProducer(redis.url);
});
afterAll(async () => {
  await closeProducer(deps);
  await redis.stop();
  place.remove();
});
beforeEach(() => deps.redis.flushall());

async function submit(...options: string[]): Promise<{ group: string; ids: string[]; err: string }> {
  const { code, out, err } = await place.sbench(['submit', 'matrix.yaml', ...options]);
  expect(err).not.toContain('error');
  expect(code).toBe(0);
  const group = out.trim();
  return { group, ids: (await findSessions(deps, group)).ids, err };
}

describe('submitting', () => {
  test('prints the group on stdout and its sessions on stderr', async () => {
    const { group, ids, err } = await submit();
    expect(group).toMatch(/^g-\d{6}-[a-z0-9]{6}$/);
    expect(ids).toHaveLength(4);
    expect(err.split('\n').slice(0, 4)).toEqual(
      [
        [8, 1],
        [32, 1],
        [8, 2],
        [32, 2],
      ].map(([n, repeat], index) => `  ${ids[index]}  n=${n} repeat=${repeat}`),
    );
    const session = await deps.store.read(ids[1] ?? '');
    expect(session?.record.group).toEqual({ id: group, index: 2, of: 4, values: { n: 32 }, repeat: 1 });
    expect(session?.record.state).toBe('queued');
    expect(session?.plan.roles[1]?.script).toContain('"maxTokens":32');
  });

  test('--json is the group with its sessions', async () => {
    const { out } = await place.sbench(['submit', 'matrix.yaml', '--json']);
    const view = JSON.parse(out);
    expect(view).toMatchObject({ v: 1, name: 'tiny', of: 4, states: { queued: 4 } });
    expect(view.sessions.map((one: { group: { index: number } }) => one.group.index)).toEqual([1, 2, 3, 4]);
  });

  test('the same key is the same group, also five at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => submit('--key', 'nightly')));
    expect(new Set(all.map(({ group }) => group)).size).toBe(1);
    expect(await deps.store.list(100)).toHaveLength(4);
    const again = await submit('--key', 'nightly');
    expect(again.err).toContain(`this key and recipe were submitted before, as group ${again.group}`);
  });

  test('the same key with another recipe is a mistake, for groups and sessions alike', async () => {
    const { group } = await submit('--key', 'k');
    const other = await place.sbench(['submit', 'matrix.yaml', '--key', 'k', '--set', 'repeat=1']);
    expect(other).toMatchObject({ code: 2 });
    expect(other.err).toContain(`the key 'k' was given before, with another recipe: group ${group}`);
    const plain = await place.sbench(['submit', 'recipe.yaml', '--key', 'k']);
    expect(plain.err).toContain(`the key 'k' was given before, with another recipe: group ${group}`);
    await place.sbench(['submit', 'recipe.yaml', '--key', 'plain']);
    const [id] = await deps.store.list(1);
    const then = await place.sbench(['submit', 'matrix.yaml', '--key', 'plain']);
    expect(then.err).toContain(`the key 'plain' was given before, with another recipe: session ${id}`);
    expect(await deps.store.list(100)).toHaveLength(5);
  });

  test('killed in the middle, the same key adds what is missing', async () => {
    const producer = await Producer.open({ config: join(place.folder, 'sbench.config.yaml') });
    const recipe = { service: { type: 'ollama', model: '$m' }, matrix: { m: ['a', 'b', 'c'] } };
    const { group, sessions } = await producer.enqueueSessions(recipe, { key: 'k' });
    // As after a kill: the group is there, the last two sessions are not.
    const gone = sessions.slice(1).map(({ id }) => id);
    await deps.redis.zrem(`sbench:group:${group}:sessions`, ...gone);
    await deps.redis.zrem('sbench:sessions', ...gone);
    const { err, out } = await place.sbench(['status', group ?? '']);
    expect(err).toBe('');
    expect(out).toContain('2 were not submitted; the same sbench submit with its --key adds them');
    const again = await producer.enqueueSessions(recipe, { key: 'k' });
    await expect(producer.enqueueSession(recipe)).rejects.toThrow('this recipe makes 3 sessions');
    await producer.close();
    expect(again.group).toBe(group);
    expect(again.sessions.map(({ created }) => created)).toEqual([false, true, true]);
    expect(again.sessions[0]?.id).toBe(sessions[0]?.id);
    expect((await findSessions(deps, group ?? '')).ids).toEqual(again.sessions.map(({ id }) => id));
  });

  test('--dry-run shows every session, one of them whole, and the sum', async () => {
    const { code, out } = await place.sbench(['submit', 'matrix.yaml', '--dry-run', '--offline']);
    expect(code).toBe(0);
    expect(out).toContain('4 sessions as one group');
    expect(out).toMatch(/^2 +n=32 repeat=1 +s1: --gpus=2/m);
    expect(out).toContain('all 4 together: at most 3 node-hours and 4 GPU-hours');
    const { out: json } = await place.sbench(['submit', 'matrix.yaml', '--dry-run', '--offline', '--json']);
    expect(JSON.parse(json)).toMatchObject({ plans: [{}, {}, {}, {}], atMost: { nodeHours: 3 } });
  });

  test('validate tells how many', async () => {
    const { out } = await place.sbench(['validate', 'matrix.yaml']);
    expect(out).toBe('matrix.yaml is valid for cluster local, and makes 4 sessions\n');
  });
});

describe('naming', () => {
  test('a group by its id, a unique prefix, and @last', async () => {
    const { group, ids } = await submit();
    for (const name of [group, group.slice(0, -2), '@last']) {
      expect(await findSessions(deps, name)).toMatchObject({ group: { id: group, of: 4 }, ids });
    }
    await expect(findSession(deps, group)).rejects.toThrow(
      `${group} is a group of 4 sessions, and this is about one`,
    );
    await expect(findSessions(deps, 'g-x')).rejects.toThrow("there is no group 'g-x'");
    await submit();
    await expect(findSessions(deps, 'g-')).rejects.toThrow("2 groups begin with 'g-'");
    await place.sbench(['submit', 'recipe.yaml']);
    expect((await findSessions(deps, '@last')).group).toBeUndefined();
    // A session of a group is a session.
    expect(await findSession(deps, ids[2] ?? '')).toBe(ids[2]);
  });

  test('list --group', async () => {
    const { group, ids } = await submit();
    await place.sbench(['submit', 'recipe.yaml']);
    const { out } = await place.sbench(['list', '--group', group, '--json']);
    expect(JSON.parse(out).sessions.map(({ id }: { id: string }) => id)).toEqual(ids);
    const { out: text } = await place.sbench(['list', '--group', group]);
    expect(text).toContain(`${group}  n=8 repeat=1`);
    expect((await place.sbench(['list', '--group', '@last'])).code).toBe(2);
  });
});

describe('until the end', () => {
  test('watch prints each change with its session, and exits by the worst', async () => {
    const { group, ids } = await submit();
    const [a = '', b = '', c = '', d = ''] = ids;
    await endSession(deps, a, 'succeeded');
    const watching = place.sbench(['watch', group]);
    await endSession(deps, b, 'succeeded');
    await endSession(deps, c, 'invalid');
    await endSession(deps, d, 'failed');
    const { code, out } = await watching;
    expect(code).toBe(1);
    for (const id of ids) expect(out).toMatch(new RegExp(`^${id} \\d\\d:\\d\\d:\\d\\d ready`, 'm'));
    expect(out).toContain(`group ${group} tiny: 4 sessions, 3 succeeded, 1 failed`);
    const json = await place.sbench(['watch', group, '--json']);
    const lines = json.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ group, states: { succeeded: 3, failed: 1 } });
    expect(lines.slice(0, -1).every(({ session }) => ids.includes(session))).toBe(true);
  });

  test.each([
    [['succeeded', 'invalid', 'succeeded', 'cancelled'], 4],
    [['succeeded', 'invalid', 'succeeded', 'succeeded'], 5],
    [['succeeded', 'succeeded', 'succeeded', 'succeeded'], 0],
  ] as const)('%j exits with %i', async (ends, code) => {
    const { group, ids } = await submit();
    for (const [index, end] of ends.entries()) await endSession(deps, ids[index] ?? '', end);
    expect((await place.sbench(['watch', group])).code).toBe(code);
  });

  test('Ctrl-C stops the watching', async () => {
    const { group } = await submit();
    const interrupt = new AbortController();
    const { code, err } = await place.sbench(['watch', group], {
      interrupt,
      onOutput: ({ out }) => out.includes('queued') && interrupt.abort(),
    });
    expect(code).toBe(130);
    expect(err).toContain(`stopped watching; the sessions go on: sbench watch ${group}`);
  });

  test('cancel asks for all at once and waits for all', async () => {
    const { group, ids } = await submit();
    const cancelling = place.sbench(['cancel', group, '--json']);
    for (const id of ids) {
      await until('it is asked for', async () => (await deps.store.read(id))?.record.ending, 5_000);
      await endSession(deps, id, 'cancelled');
    }
    const { code, out } = await cancelling;
    expect(code).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).state),
    ).toEqual(Array(4).fill('cancelled'));
  });

  test('results are those that are there', async () => {
    const { group, ids } = await submit();
    const [a = '', b = ''] = ids;
    await endSession(deps, a, 'succeeded');
    const folder = join(place.folder, 'kept');
    mkdirSync(folder);
    writeFileSync(join(folder, 'result.json'), '{}');
    const session = await deps.store.read(a);
    await deps.redis.hset(`sbench:session:${a}`, {
      record: JSON.stringify({ ...session?.record, resultsFolder: `${hostname()}:${folder}` }),
    });
    const { out, err, code } = await place.sbench(['results', group]);
    expect({ code, out }).toEqual({ code: 0, out: `${folder}  (n=8 repeat=1)\n  result.json\n` });
    expect(err).toContain(`${b} is queued`);
    const { out: json } = await place.sbench(['results', group, '--json']);
    expect(JSON.parse(json)).toMatchObject({ group, sessions: [{ id: a, files: ['result.json'] }] });
    expect(isOver((await deps.store.read(b))?.record ?? { state: 'queued' })).toBe(false);
  });

  test('report shows those that are there, one beside the other', async () => {
    const { group, ids } = await submit();
    for (const id of ids.slice(0, 2)) await endSession(deps, id, 'succeeded');
    const { code, out } = await place.sbench(['report', group, '--format', 'json', '--out', '-']);
    expect(code).toBe(0);
    for (const id of ids.slice(0, 2)) expect(out).toContain(id);
  });

  test('logs are those of each session, with its id', async () => {
    const { group, ids } = await submit();
    const [a = '', b = ''] = ids;
    await endSession(deps, a, 'succeeded');
    const folder = join(place.folder, 'logs-of-one');
    mkdirSync(join(folder, 'logs'), { recursive: true });
    for (const role of ['s1', 'c1']) writeFileSync(join(folder, 'logs', `${role}.out`), `I am ${role}\n`);
    const session = await deps.store.read(a);
    await deps.redis.hset(`sbench:session:${a}`, {
      record: JSON.stringify({ ...session?.record, resultsFolder: `${hostname()}:${folder}` }),
    });
    const { code, out, err } = await place.sbench(['logs', group, 'c1']);
    expect({ code, out }).toEqual({ code: 0, out: `==> ${a} c1 ollama <==\nI am c1\n` });
    expect(err).toContain(`${b} c1 ollama has written nothing yet`);
    const json = await place.sbench(['logs', group, '--json']);
    expect(
      json.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { session: a, role: 's1', text: 'I am s1' },
      { session: a, role: 'c1', text: 'I am c1' },
    ]);
    const followed = await place.sbench(['logs', group, '--follow']);
    expect(followed).toMatchObject({ code: 2 });
    expect(followed.err).toContain('is a group of 4 sessions, and this is about one');
  });

  test('retry is of each that did not succeed', async () => {
    const { group, ids } = await submit();
    const [a = '', b = '', c = '', d = ''] = ids;
    const early = await place.sbench(['retry', group]);
    expect(early.code).toBe(2);
    expect(early.err).toContain(`no session of group ${group} can be tried again`);
    await endSession(deps, a, 'succeeded');
    await endSession(deps, b, 'failed');
    await endSession(deps, d, 'cancelled');
    const { code, out, err } = await place.sbench(['retry', group]);
    expect({ code, out }).toEqual({ code: 0, out: `${b} attempt 2\n${d} attempt 2\n` });
    expect(err).toContain(`${a} is left as it is: session ${a} succeeded`);
    expect(err).toContain(`${c} is left as it is: session ${c} is queued`);
    await endSession(deps, c, 'succeeded');
    const forced = await place.sbench(['retry', group, '--force', '--json']);
    expect(JSON.parse(forced.out)).toMatchObject({ group, states: { queued: 4 } });
    for (const id of ids) await endSession(deps, id, 'succeeded');
    expect((await place.sbench(['retry', group, '--force', '--watch'], { interrupt: stopped() })).code).toBe(
      130,
    );
  });
});

const stopped = (): AbortController => {
  const interrupt = new AbortController();
  interrupt.abort();
  return interrupt;
};

test('programs read and cancel a group over HTTP', async () => {
  const { group, ids } = await submit();
  const token = 'a-token-of-this-test-only';
  const dashboard = await startDashboard(
    { redis: redis.url, clusters: { local: {} }, origins: {} } as never,
    { host: '127.0.0.1', port: 0, env: { SBENCH_DASHBOARD_TOKEN: token }, say: () => {} },
  );
  try {
    const ask = async (path: string, method = 'GET', authorization = `Bearer ${token}`) => {
      const answer = await fetch(new URL(path, dashboard.url), { method, headers: { authorization } });
      return { status: answer.status, body: (await answer.json()) as { sessions: { id: string }[] } };
    };
    const view = await ask(`/api/groups/${group}`);
    expect(view).toMatchObject({ status: 200, body: { group, of: 4, states: { queued: 4 } } });
    expect(await ask(`/api/sessions/${group}`)).toEqual({
      status: 404,
      body: { error: `${group} is a group: /api/groups/${group}` },
    });
    expect((await ask('/api/groups/g-nobody')).status).toBe(404);
    expect((await ask(`/api/groups/${ids[0]}`)).status).toBe(404);
    expect((await ask(`/api/groups/${group}/cancel`, 'POST', 'none')).status).toBe(401);
    expect((await ask('/api/groups/g-nobody/cancel', 'POST')).status).toBe(404);
    const { status, body } = await ask(`/api/groups/${group}/cancel`, 'POST');
    expect(status).toBe(202);
    expect(body.sessions.map(({ id }) => id)).toEqual(ids);
    for (const id of ids)
      expect((await deps.store.read(id))?.record.ending).toMatchObject({ why: 'cancelled' });
  } finally {
    await dashboard.close();
  }
});
