import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOver, parseRecord } from '../../src/shared/session/record.ts';
import { planOf } from './fixture.ts';
import { checkEffects } from './invariants.ts';
import { World } from './world.ts';

const RUNS = Number(process.env.SBENCH_RUNS ?? 2_500);
/** 30 s each: more than all limits of the plan one after another, twice. */
const FAIR_ROUNDS = 400;

const shapes = fc.constantFrom(
  { services: 1, clients: 1 },
  { services: 1, clients: 2 },
  { services: 2, clients: 1 },
  { services: 1, clients: 0 },
  { services: 2, clients: 0 },
  { services: 1, clients: 2, together: true },
  { services: 0, clients: 1 },
  { services: 0, clients: 0, stage: 'login' as const },
  { services: 0, clients: 0, stage: 'job' as const },
);
const rarely = fc.integer({ min: 0, max: 7 }).map((n) => n === 7);
const troubles = fc.record({
  accounting: fc.constantFrom('good', 'good', 'absent', 'silent', 'knows-nothing'),
  stuckPending: rarely,
  neverReady: rarely,
  clientHangs: rarely,
  neverCompletes: rarely,
});
const schedule = fc.array(fc.nat(0xffffff), { maxLength: 1_200, size: 'max' });

// When it fails, fast-check prints the seed, and the shortest schedule it found.
test('whatever the order of deliveries, crashes, events and cancels, the tables hold and every session ends', () => {
  const ends = new Map<string, number>();
  let retried = 0;
  let staged = 0;
  fc.assert(
    fc.property(shapes, troubles, schedule, fc.constantFrom(0, 0, 1), (shape, tail, choices, again) => {
      let next = 0;
      const world = new World(planOf(shape), (n) =>
        n <= 1 ? 0 : next < choices.length ? (choices[next++] ?? 0) % n : n - 1,
      );
      let retries = 0;
      for (;;) {
        while (next < choices.length && !isOver(world.record)) {
          world.move();
          checkEffects(world);
        }
        for (let round = 0; round < FAIR_ROUNDS && !isOver(world.record); round++) world.fairRound(tail);
        if (!isOver(world.record) || retries === again || !world.retry()) break;
        retries += 1;
      }
      retried += retries;
      if (shape.stage && world.record.state === 'succeeded') staged += 1;
      checkEffects(world);
      if (!isOver(world.record)) {
        throw new Error(`it never ends\n  ${world.story.join('\n  ')}\n  ${JSON.stringify(world.record)}`);
      }
      parseRecord(JSON.stringify(world.record));
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
