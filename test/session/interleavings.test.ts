import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reduce } from '../../src/shared/session/reduce.ts';
import { inAnyOrder } from './any-order.ts';

const RUNS = Number(process.env.SBENCH_RUNS ?? 2_500);

// When it fails, fast-check prints the seed, and the shortest schedule it found.
test('whatever the order of deliveries, crashes, events and cancels, the tables hold and every session ends', () => {
  const ends = new Map<string, number>();
  let retried = 0;
  let staged = 0;
  fc.assert(
    inAnyOrder(reduce, ({ world, shape, retries }) => {
      retried += retries;
      if (shape.stage && world.record.state === 'succeeded') staged += 1;
      for (const { ending } of [world.record, ...world.record.past]) {
        const end = `${world.record.state}, ${ending?.why}`;
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }
    }),
    // The limit is for shrinking: a failure must be told before the test runner loses patience.
    { numRuns: RUNS, interruptAfterTimeLimit: 40_000 },
  );
  // The model must reach every kind of end, or it proves nothing about them.
  if (process.env.SBENCH_RUNS) console.log(Object.fromEntries(ends));
  expect(retried).toBeGreaterThan(RUNS / 10);
  expect(staged).toBeGreaterThan(RUNS / 50);
  for (const state of ['succeeded', 'failed', 'cancelled']) {
    expect(
      [...ends.keys()].some((end) => end.startsWith(state)),
      state,
    ).toBe(true);
  }
  for (const why of [
    'complete',
    'cancelled',
    'action-failed',
    'service-failed',
    'service-lost',
    'vanished',
    'max-idle',
  ]) {
    expect(
      [...ends.keys()].some((end) => end.endsWith(why)),
      why,
    ).toBe(true);
  }
});
