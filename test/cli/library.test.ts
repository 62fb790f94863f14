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
