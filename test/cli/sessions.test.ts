import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeProducer, connectProducer, type ProducerDeps } from '../../src/producer/connect-producer.ts';
import { enqueueSession } from '../../src/producer/enqueue-session.ts';
import { findSession } from '../../src/producer/find-session.ts';
import { planSession } from '../../src/producer/plan-session.ts';
import { UsageError } from '../../src/shared/errors.ts';
import type { Plan } from '../../src/shared/plan/plan.ts';
import { actionId, nodes } from '../../src/shared/queues.ts';
import { keys } from '../../src/shared/redis/keys.ts';
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
  deps = await connectProducer(redis.url);
});
afterAll(async () => {
  await closeProducer(deps);
  await redis.stop();
  place.remove();
});
beforeEach(() => deps.redis.flushall());

const BLOB = { sha256: 'b'.repeat(64), data: Buffer.from('the load generator') };

function planOf(recipeText = RECIPE, cluster = 'local', port = 22): Plan {
  const settings = {
    name: cluster,
    hostname: 'login.example',
    port,
    username: 'alice',
    workdir: '.sbench',
    variables: {},
    modules: [],
    defaults: {},
    presets: {},
    container: { runtime: 'none' as const, args: [] },
    cache: '$HOME/.sbench/cache',
    stage: { where: 'login' as const, resources: {} },
  };
  return planSession({
    recipeText,
    file: 'recipe.yaml',
    settings: { clusters: { [cluster]: settings }, redis: redis.url, origins: {} },
    version: '0.0.0',
    blobs: { loadgen: { sha256: BLOB.sha256, bytes: BLOB.data.length } },
  });
}

async function submit(...options: string[]): Promise<string> {
  const { code, out } = await place.sbench(['submit', 'recipe.yaml', ...options]);
  expect(code).toBe(0);
  return out.trim();
}

describe('enqueueing', () => {
  test('record, flow and blob are there, and the session is queued', async () => {
    const plan = planOf();
    const { id, created } = await enqueueSession(deps, plan, { blobs: [BLOB] });
    expect(created).toBe(true);
    const session = await deps.store.read(id);
    expect(session?.record.state).toBe('queued');
    expect(session?.plan).toEqual(plan);
    expect(await deps.redis.getBuffer(keys.blob(BLOB.sha256))).toEqual(BLOB.data);
    for (const node of nodes(plan.actions)) {
      const job = await deps.queues.queue('local', node.action).getJob(actionId(id, 1, node));
      expect(job?.data).toMatchObject({ session: id, action: node.action });
    }
  });

  test('the same key and recipe are the same session', async () => {
    const all = await Promise.all(
      Array.from({ length: 5 }, () => enqueueSession(deps, planOf(), { key: 'nightly', blobs: [BLOB] })),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ created }) => created)).toHaveLength(1);
    expect(await deps.store.list(10)).toHaveLength(1);
  });

  test('the same key with another recipe, or elsewhere, is a mistake', async () => {
    const { id } = await enqueueSession(deps, planOf(), { key: 'k', blobs: [] });
    const other = enqueueSession(deps, planOf(RECIPE.replace('name: tiny', 'name: other')), {
      key: 'k',
      blobs: [],
    });
    await expect(other).rejects.toThrow(`the key 'k' was given before, with another recipe: session ${id}`);
    await expect(other).rejects.toBeInstanceOf(UsageError);
    const elsewhere = enqueueSession(deps, planOf(RECIPE, 'second'), { key: 'k', blobs: [] });
    await expect(elsewhere).rejects.toThrow("the key 'k' was given before, on cluster local");
    expect(await deps.store.list(10)).toEqual([id]);
  });

  test('one name is one place', async () => {
    await enqueueSession(deps, planOf(), { blobs: [] });
    await expect(enqueueSession(deps, planOf(RECIPE, 'local', 2022), { blobs: [] })).rejects.toThrow(
      'this installation knows it as alice@login.example:22:.sbench',
    );
    expect(await deps.store.list(10)).toHaveLength(1);
  });

  test('a crash between record and flow leaves it planned; asking again finishes it', async () => {
    const crashing: ProducerDeps = {
      ...deps,
      queues: {
        ...deps.queues,
        addFlow: async () => {
          throw new Error('the power went');
        },
      },
    };
    await expect(enqueueSession(crashing, planOf(), { key: 'k', blobs: [BLOB] })).rejects.toThrow(
      'the power went',
    );
    const [id = ''] = await deps.store.list(1);
    expect((await deps.store.read(id))?.record.state).toBe('planned');
    expect(await deps.store.open('local')).toEqual([id]);

    expect(await enqueueSession(deps, planOf(), { key: 'k', blobs: [BLOB] })).toEqual({ id, created: false });
    expect((await deps.store.read(id))?.record.state).toBe('queued');
    expect(await deps.queues.queue('local', 'collect').getJob(`${id}.1.collect`)).toBeDefined();
  });
});

describe('finding a session', () => {
  test('by its id, a unique prefix, or @last', async () => {
    const first = await submit();
    const last = await submit();
    expect(await findSession(deps, first)).toBe(first);
    expect(await findSession(deps, last.slice(0, -1))).toBe(last);
    expect(await findSession(deps, '@last')).toBe(last);
    await expect(findSession(deps, first.slice(0, 6))).rejects.toThrow('2 sessions begin with');
    await expect(findSession(deps, '')).rejects.toThrow('there is no session');
  });

  test.each(['status', 'watch', 'logs', 'cancel', 'results'])('%s of an unknown one', async (command) => {
    const { code, out, err } = await place.sbench([command, '991231-zzzzzz']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain("there is no session '991231-zzzzzz'\nsbench list shows those that there are.");
  });

  test('@last before the first', async () => {
    const { code, err } = await place.sbench(['status', '@last']);
    expect(code).toBe(2);
    expect(err).toContain('there is no session yet');
  });
});

describe('submit', () => {
  test('prints the id, and says that nobody works', async () => {
    const { code, out, err } = await place.sbench(['submit', 'recipe.yaml']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d{6}-[a-z0-9]{6}\n$/);
    expect(err).toBe("queued. No worker serves local: run 'sbench worker --clusters local'\n");
  });

  test('says nothing of the kind when somebody does', async () => {
    await deps.redis.zadd(keys.workers('local'), Date.now(), 'here:1');
    expect((await place.sbench(['submit', 'recipe.yaml'])).err).toBe('');
  });

  test('--json is the session', async () => {
    const { out } = await place.sbench(['submit', 'recipe.yaml', '--json', '--label', 'campaign=winter']);
    expect(JSON.parse(out)).toMatchObject({ state: 'queued', name: 'tiny', labels: { campaign: 'winter' } });
  });

  test('--key twice', async () => {
    const id = await submit('--key', 'k');
    const again = await place.sbench(['submit', 'recipe.yaml', '--key', 'k']);
    expect(again.out.trim()).toBe(id);
    expect(again.err).toContain(`submitted before, as session ${id}`);
    const other = await place.sbench(['submit', 'recipe.yaml', '--key', 'k', '--set', 'name=x', '--json']);
    expect(other.code).toBe(2);
    expect(JSON.parse(other.err).error.message).toContain('with another recipe');
  });
});

describe('status and list', () => {
  test('for people', async () => {
    const id = await submit();
    const all = await place.sbench(['status']);
    expect(all.out).toContain(`${id}  queued  local    tiny`);
    const one = await place.sbench(['status', '@last']);
    expect(one.out).toContain('state    queued');
    expect(one.out).toContain("none; run 'sbench worker --clusters local'");
    expect((await place.sbench(['list'])).out).toContain(`${id}  queued  local    tiny`);
  });

  test('for programs', async () => {
    const id = await submit();
    await endSession(deps, id, 'succeeded');
    const view = JSON.parse((await place.sbench(['status', id, '--json'])).out);
    expect(view).toMatchObject({
      id,
      state: 'succeeded',
      attempt: 1,
      ending: { why: 'complete' },
      roles: {
        s1: { phase: 'ended', slurmJob: 101, node: 'node1', verdict: 'released' },
        c1: { phase: 'ended', slurmJob: 102, verdict: 'succeeded', verdictText: 'succeeded' },
      },
      cluster: { name: 'local', workers: [] },
      counts: { session: {}, cluster: {} },
    });
    expect(JSON.parse((await place.sbench(['status', '--json'])).out)).toMatchObject({
      clusters: [{ name: 'local', workers: [], open: [] }],
      sessions: [],
    });
    expect(JSON.parse((await place.sbench(['list', '--json'])).out).sessions).toMatchObject([{ id }]);
  });
});

describe('watch', () => {
  test('prints a line a change, then the results, and exits by the end', async () => {
    const id = await submit();
    const watching = place.sbench(['watch', '@last'], {
      onOutput: ({ out }) => {
        if (out.endsWith('in the queues\n')) void endSession(deps, id, 'succeeded');
      },
    });
    const { code, out } = await watching;
    expect(code).toBe(0);
    expect(out).toMatch(/^\d\d:\d\d:\d\d queued {5}in the queues\n/);
    expect(out).toMatch(/\d\d:\d\d:\d\d running {4}client ollama: Slurm job 102 running on node1\n/);
    expect(out).toMatch(/\d\d:\d\d:\d\d succeeded {2}succeeded\n\nconcurrency {2}requests/);
    expect(out).toMatch(/\n {10}2 +40 +1 +12\.3 +45\.7 +– +1235 +3000 +5\.33 {2}LOW_SAMPLES ERRORS\n/);
    expect(out).toContain(`results  on the cluster; sbench results ${id} brings them here\n`);
  });

  test('--json: notes, and the session last', async () => {
    const id = await submit();
    await endSession(deps, id, 'succeeded');
    const { code, out } = await place.sbench(['watch', id, '--json']);
    expect(code).toBe(0);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ what: 'queued', text: 'in the queues' });
    expect(lines.at(-1)).toMatchObject({ id, state: 'succeeded' });
  });

  test('Ctrl-C stops the watching, not the session', async () => {
    const id = await submit();
    const interrupt = new AbortController();
    const { code, err } = await place.sbench(['watch', id], { interrupt, onOutput: () => interrupt.abort() });
    expect(code).toBe(130);
    expect(err).toContain(`stopped watching; the session goes on: sbench watch ${id}\n`);
    expect((await deps.store.read(id))?.record.state).toBe('queued');
  });

  test.each([
    ['failed', 1],
    ['cancelled', 4],
    ['invalid', 5],
  ] as const)('a session that is %s exits with %d', async (end, expected) => {
    const id = await submit();
    await endSession(deps, id, end);
    expect((await place.sbench(['watch', id])).code).toBe(expected);
  });

  test('text of the cluster cannot touch the terminal', async () => {
    const id = await submit();
    const note = { at: 0, clock: 0, what: '\u001b[2J', text: 'x\u001b]0;owned\u0007y' };
    await deps.redis.xadd(keys.timeline(id), '*', 'note', JSON.stringify(note));
    await endSession(deps, id, 'succeeded');
    expect((await place.sbench(['watch', id])).out).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test('an outage of Redis holds it up, no more', async () => {
    const id = await submit();
    let seen = '';
    const watching = place.sbench(['watch', id], {
      onOutput: ({ out }) => {
        seen = out;
      },
    });
    await until('the first line', () => seen.includes('in the queues'));
    await redis.kill9();
    await redis.restart();
    await until('Redis is back', () => deps.redis.ping().catch(() => undefined));
    await endSession(deps, id, 'succeeded');
    const { code, out } = await watching;
    expect(code).toBe(0);
    expect(out.match(/in the queues/g)).toHaveLength(1);
  });
});

describe('cancel', () => {
  test('returns when the session is over', async () => {
    const id = await submit();
    let done = false;
    const cancelling = place.sbench(['cancel', id]).then((ran) => {
      done = true;
      return ran;
    });
    await until('asked', async () => (await deps.store.read(id))?.record.cancelled);
    expect(done).toBe(false);
    await endSession(deps, id, 'cancelled');
    const { code, out, err } = await cancelling;
    expect({ code, out }).toEqual({ code: 0, out: `${id} cancelled; its Slurm jobs are gone\n` });
    expect(err).toContain('No worker serves local, so nobody cancels there yet');
  });

  test('one that is over stays as it was', async () => {
    const id = await submit();
    await endSession(deps, id, 'succeeded');
    const { code, out } = await place.sbench(['cancel', id]);
    expect({ code, out }).toEqual({ code: 0, out: `${id} was over: succeeded; its Slurm jobs are gone\n` });
  });

  test('--all, and Ctrl-C while waiting', async () => {
    const ids = [await submit(), await submit()];
    const interrupt = new AbortController();
    const cancelling = place.sbench(['cancel', '--all'], { interrupt });
    await until('all are asked', async () => {
      const sessions = await Promise.all(ids.map((id) => deps.store.read(id)));
      return sessions.every((session) => session?.record.cancelled);
    });
    interrupt.abort();
    const { code, err } = await cancelling;
    expect(code).toBe(130);
    expect(err).toContain('the sessions are being cancelled all the same');
  });
});

describe('retry', () => {
  test('a failed session gets a second attempt, and keeps the first', async () => {
    await deps.redis.set(keys.blob(BLOB.sha256), BLOB.data);
    const { id } = await enqueueSession(deps, planOf(), { blobs: [BLOB] });
    await endSession(deps, id, 'failed');
    expect(await deps.store.open('local')).toEqual([]);
    const { code, out, err } = await place.sbench(['retry', id.slice(0, 10)]);
    expect({ code, out }).toEqual({ code: 0, out: `${id} attempt 2\n` });
    expect(err).toContain('No worker serves local');
    expect(await deps.store.open('local')).toEqual([id]);
    const session = await deps.store.read(id);
    expect(session?.record).toMatchObject({
      state: 'queued',
      attempt: 2,
      past: [{ attempt: 1, state: 'failed' }],
    });
    expect(session?.record.endedAt).toBeUndefined();
    for (const node of nodes(session?.plan.actions ?? planOf().actions)) {
      expect(await deps.queues.queue('local', node.action).getJob(actionId(id, 2, node))).toBeDefined();
    }
    await endSession(deps, id, 'succeeded');
    const view = JSON.parse((await place.sbench(['status', id, '--json'])).out);
    expect(view).toMatchObject({ state: 'succeeded', attempt: 2, past: [{ attempt: 1, state: 'failed' }] });
    const story = await place.sbench(['watch', id]);
    expect(story.out).toContain('attempt 2: asked for; the last one failed');
  });

  test('what goes on, and what succeeded, is not tried again', async () => {
    const { id } = await enqueueSession(deps, planOf(), { blobs: [BLOB] });
    const early = await place.sbench(['retry', id]);
    expect(early.code).toBe(2);
    expect(early.err).toContain(`session ${id} is queued: only what is over can be tried again`);
    await endSession(deps, id, 'succeeded');
    expect((await place.sbench(['retry', id])).err).toContain('With --force it runs once more');
    const forced = await place.sbench(['retry', id, '--force', '--json']);
    expect(JSON.parse(forced.out)).toMatchObject({ id, state: 'queued', attempt: 2, results: {} });
    expect((await deps.store.read(id))?.record.past[0]?.results).toMatchObject({ c1: { status: 'ok' } });
  });

  test('two who ask at once make one attempt', async () => {
    const { id } = await enqueueSession(deps, planOf(), { blobs: [BLOB] });
    await endSession(deps, id, 'cancelled');
    const both = await Promise.all([place.sbench(['retry', id]), place.sbench(['retry', id])]);
    expect((await deps.store.read(id))?.record.attempt).toBe(2);
    expect(both.map(({ code }) => code).sort()).not.toEqual([1, 1]);
  });

  test('without what Redis has to bring, it says so and changes nothing', async () => {
    const { id } = await enqueueSession(deps, planOf(), { blobs: [BLOB] });
    await endSession(deps, id, 'failed');
    await deps.redis.del(keys.blob(BLOB.sha256));
    const { code, err } = await place.sbench(['retry', id]);
    expect(code).toBe(1);
    expect(err).toMatch(/is not in Redis any more\nSubmit the recipe again/);
    expect((await deps.store.read(id))?.record).toMatchObject({ state: 'failed', attempt: 1 });
  });

  test('a crash between the new attempt and its flow leaves it planned, for reconcile', async () => {
    const { id } = await enqueueSession(deps, planOf(), { blobs: [BLOB] });
    await endSession(deps, id, 'failed');
    await deps.store.apply(id, { type: 'retried', attempt: 1, force: false, clock: 1, look: 1 });
    expect((await deps.store.read(id))?.record).toMatchObject({ state: 'planned', attempt: 2 });
    expect(await deps.store.open('local')).toEqual([id]);
  });
});

test('results of a session that goes on are not asked for', async () => {
  await submit();
  const { code, err } = await place.sbench(['results', '@last']);
  expect(code).toBe(2);
  expect(err).toContain('It has results when it is over: sbench watch');
});

test('logs before a submission need no cluster', async () => {
  await submit();
  const { code, err } = await place.sbench(['logs', '@last', 's1']);
  expect({ code, err }).toEqual({ code: 0, err: 's1 ollama has written nothing yet\n' });
  const unknown = await place.sbench(['logs', '@last', 'nobody']);
  expect(unknown.code).toBe(2);
  expect(unknown.err).toContain("this session has no 'nobody'; there are: s1 (ollama), c1 (ollama)");
});
