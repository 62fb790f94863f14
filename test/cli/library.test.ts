import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeProducer, connectProducer } from '../../src/producer/connect-producer.ts';
import { Producer, RecipeError, UsageError } from '../../src/producer/index.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { endSession } from './end-session.ts';
import { CLUSTER, RECIPE, type Workplace, workplace } from './run.ts';

let redis: TestRedis;
let place: Workplace;
let producer: Producer;
beforeAll(async () => {
  redis = await startRedis();
  place = workplace(`redis: ${redis.url}\nclusters:\n  local: ${CLUSTER}\n`);
  producer = await Producer.open({ config: `${place.folder}/sbench.config.yaml` });
});
afterAll(async () => {
  await producer.close();
  await redis.stop();
  place.remove();
});

test('a recipe in, a session out, and its end', async () => {
  const { id, created } = await producer.enqueueSession(RECIPE, { key: 'k', labels: { a: 'b' } });
  expect(created).toBe(true);
  expect(await producer.session(id)).toMatchObject({ id, state: 'queued', labels: { a: 'b' } });
  expect(await producer.enqueueSession(RECIPE, { key: 'k' })).toEqual({ id, created: false });
  await expect(producer.enqueueSession(RECIPE, { key: 'k', set: ['name=x'] })).rejects.toBeInstanceOf(
    UsageError,
  );

  await producer.cancelSession(id, 'enough');
  expect((await producer.session(id)).ending).toEqual({ why: 'cancelled', text: 'enough' });
  const heard: string[] = [];
  const waiting = producer.waitForSession(id, { onEvent: ({ what }) => heard.push(what) });
  const deps = await connectProducer(redis.url);
  await endSession(deps, id, 'cancelled');
  await closeProducer(deps);
  expect((await waiting).state).toBe('cancelled');
  expect(heard).toEqual(expect.arrayContaining(['queued', 'ending', 'cancelled']));
});

test('an object is a recipe, too; a wrong one says where', async () => {
  const service = { type: 'ollama', model: 'tiny' };
  const { id } = await producer.enqueueSession({ name: 'plain', service });
  expect((await producer.session(id)).name).toBe('plain');
  const wrong = producer.enqueueSession({ service: { ...service, modell: 'x' } });
  await expect(wrong).rejects.toBeInstanceOf(RecipeError);
  await expect(wrong).rejects.toThrow("unknown key 'modell'");
});

test('who waits may stop waiting', async () => {
  const { id } = await producer.enqueueSession(RECIPE);
  const stop = new AbortController();
  const waiting = producer.waitForSession(id, {
    signal: stop.signal,
    onEvent: () => stop.abort(new Error('enough')),
  });
  await expect(waiting).rejects.toThrow('enough');
  expect((await producer.session(id)).state).toBe('queued');
});

test('staging is a session of its own, that has no results', async () => {
  const { sessions } = await producer.enqueueStaging(RECIPE, { key: 'staging' });
  const id = sessions[0]?.id ?? '';
  expect(await producer.session(id)).toMatchObject({ kind: 'stage', roles: {}, state: 'queued' });
  await expect(producer.enqueueSession(RECIPE, { key: 'staging' })).rejects.toBeInstanceOf(UsageError);
  const printed = await place.sbench(['stage', 'recipe.yaml', '--key', 'staging', '--set', 'name=other']);
  expect(printed).toMatchObject({ code: 2 });

  const deps = await connectProducer(redis.url);
  const stamp = { clock: 1, look: 1, attempt: 1 };
  const waiting = place.sbench(['watch', id]);
  await deps.store.apply(id, { type: 'began', ...stamp });
  const image = { what: 'image redis', is: 'present' as const, text: 'image redis 12 MB present' };
  await deps.store.apply(id, { type: 'staged', ...image, ...stamp });
  await deps.store.apply(id, { type: 'all-staged', ...stamp });
  const collected = { checked: {}, invalid: [], results: {}, endedAt: Date.now() };
  await deps.store.apply(id, { type: 'collected', ...collected, ...stamp });
  await closeProducer(deps);

  const watched = await waiting;
  expect(watched.code).toBe(0);
  expect(watched.out).toMatch(
    /staged +image redis 12 MB present\n.*ending +everything is there\n.*succeeded/,
  );
  expect(watched.out).not.toContain('results');
  expect((await place.sbench(['list'])).out).toMatch(/ tiny \(stage\) /);
  expect((await place.sbench(['status', id])).out).toContain('staged   image redis 12 MB present');
  expect(await place.sbench(['results', id])).toMatchObject({
    code: 2,
    err: expect.stringContaining(`session ${id} only staged: it has no results`),
  });
  const shown = await place.sbench(['stage', 'recipe.yaml', '--dry-run']);
  expect(shown.out).toMatch(/staging only\n[\s\S]*--- files on the cluster\n[\s\S]*\nno Slurm job\n$/);
});
