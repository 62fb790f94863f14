import fc from 'fast-check';
import { isOver, parseRecord } from '../../src/shared/session/record.ts';
import type { reduce } from '../../src/shared/session/reduce.ts';
import { planOf, type Shape } from './fixture.ts';
import { checkEffects } from './invariants.ts';
import { type Troubles, World } from './world.ts';

/** 30 s each: more than all limits of the plan one after another, twice. */
const FAIR_ROUNDS = 400;

const shapes = fc.constantFrom<Shape[]>(
  { services: 1, clients: 1 },
  { services: 1, clients: 2 },
  { services: 2, clients: 1 },
  { services: 1, clients: 0 },
  { services: 2, clients: 0 },
  { services: 1, clients: 2, together: true },
  { services: 0, clients: 1 },
  { services: 0, clients: 0, stage: 'login' },
  { services: 0, clients: 0, stage: 'job' },
);
const rarely = fc.integer({ min: 0, max: 7 }).map((n) => n === 7);
const troubles: fc.Arbitrary<Troubles> = fc.record({
  accounting: fc.constantFrom('good', 'good', 'absent', 'silent', 'knows-nothing'),
  stuckPending: rarely,
  neverReady: rarely,
  clientHangs: rarely,
  neverCompletes: rarely,
});
const schedule = fc.array(fc.nat(0xffffff), { maxLength: 1_200, size: 'max' });

/** A session that came to its end, whatever happened to it. */
export interface Lived {
  world: World;
  shape: Shape;
  retries: number;
}

/**
 * Random deliveries, crashes, events and cancels of random sessions; what must hold at all times is checked after each
 * step. `reducer` is what decides: the real one, or one with a bug in it.
 */
export const inAnyOrder = (reducer: typeof reduce, ended: (lived: Lived) => void = () => {}) =>
  fc.property(shapes, troubles, schedule, fc.constantFrom(0, 0, 1), (shape, tail, choices, again) => {
    let next = 0;
    const world = new World(
      planOf(shape),
      (n) => (n <= 1 ? 0 : next < choices.length ? (choices[next++] ?? 0) % n : n - 1),
      reducer,
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
    checkEffects(world);
    if (!isOver(world.record)) {
      throw new Error(`it never ends\n  ${world.story.join('\n  ')}\n  ${JSON.stringify(world.record)}`);
    }
    parseRecord(JSON.stringify(world.record));
    ended({ world, shape, retries });
  });
