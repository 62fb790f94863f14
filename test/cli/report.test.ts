import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeProducer, connectProducer, type ProducerDeps } from '../../src/producer/connect-producer.ts';
import { loadResult, pointOf, sessionOf } from '../report/fixture.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { endSession } from './end-session.ts';
import { CLUSTER, type Workplace, workplace } from './run.ts';

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

async function ended(): Promise<string> {
  const id = (await place.sbench(['submit', 'recipe.yaml'])).out.trim();
  await endSession(deps, id, 'succeeded');
  return id;
}

test('report of what is in Redis; nothing is overwritten unasked', async () => {
  const id = await ended();
  expect(await place.sbench(['report', '@last'])).toMatchObject({ code: 0, out: `tiny-${id}.html\n` });
  const page = readFileSync(join(place.folder, `tiny-${id}.html`), 'utf8');
  expect(page).toContain(`Session ${id}`);
  expect(page).toContain('in the queues');
  const again = await place.sbench(['report', id]);
  expect(again).toMatchObject({ code: 2, out: '' });
  expect(again.err).toContain('is there already');
  expect((await place.sbench(['report', id, '--force'])).code).toBe(0);
  expect((await place.sbench(['report', id, '--format', 'csv', '--out', '-'])).out).toContain(`${id},tiny,`);
  expect((await place.sbench(['report', id, '--format', 'pdf'])).code).toBe(2);
});

test('compare: one run each is no evidence', async () => {
  const [a, b] = [await ended(), await ended()];
  const { code, out } = await place.sbench(['compare', a, b, '--fail-on', '5%']);
  expect(code).toBe(0);
  expect(out).toContain('the same plan on both sides');
  expect(out).toContain('no evidence of a difference (one run each');
  const json = JSON.parse((await place.sbench(['compare', a, b, '--json'])).out);
  expect(json).toMatchObject({ v: 1, a: [a], b: [b], overall: 'no evidence', failed: false });
  expect((await place.sbench(['compare', a, b, '--fail-on', '5'])).code).toBe(2);
});

test('folders of results need no Redis; a regression exits 6', async () => {
  for (const [id, speed] of [
    ['a', 100],
    ['b', 80],
  ] as const) {
    const { record, plan } = sessionOf({
      id,
      results: {
        c1: loadResult(
          [0, 1, 2].map((at) => pointOf({ concurrency: 1, repeat: at + 1, tokensPerS: speed + at })),
        ),
      },
    });
    place.write(`home/${id}/session.json`, JSON.stringify(record));
    place.write(`home/${id}/plan.json`, JSON.stringify(plan));
  }
  const nowhere = place.write('nowhere.yaml', 'redis: redis://127.0.0.1:1\nclusters: {}\n');
  const run = (...words: string[]) => place.sbench(['--config', nowhere, ...words]);
  expect((await run('compare', 'home/a', 'home/b', '--fail-on', '5%')).code).toBe(6);
  expect((await run('compare', 'home/a', 'home/b')).code).toBe(0);
  expect((await run('compare', 'home/b', 'home/a', '--fail-on', '5%')).code).toBe(0);
  expect((await run('report', 'home/a', 'home/b', '--out', 'both.html')).out).toBe('both.html\n');
});
