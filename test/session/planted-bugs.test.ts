import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RoleFacts } from '../../src/shared/session/facts.ts';
import { isOver, type SessionRecord } from '../../src/shared/session/record.ts';
import { reduce } from '../../src/shared/session/reduce.ts';
import { inAnyOrder } from './any-order.ts';

// Who guards the guards: bugs that somebody could well write, each put into the reducer on purpose.

type Reducer = typeof reduce;
/** A reducer that also changes the facts of every role, after each event. */
const also =
  (change: (facts: RoleFacts, record: SessionRecord) => RoleFacts): Reducer =>
  (record, plan, event) => {
    const after = reduce(record, plan, event);
    if (after === record || isOver(record)) return after;
    const roles = Object.entries(after.roles).map(([role, facts]) => [role, change(facts, after)]);
    return { ...after, roles: Object.fromEntries(roles) };
  };

const BUGS: [name: string, reducer: Reducer, found: RegExp][] = [
  [
    'what Slurm no longer lists has finished',
    also((facts) =>
      facts.gone && facts.started && !facts.verdict ? { ...facts, verdict: { is: 'succeeded' } } : facts,
    ),
    /succeeded without its exit code/,
  ],
  [
    'what was asked to go is gone',
    also((facts, { closed }) =>
      closed && facts.released === 'no'
        ? { ...facts, live: false, quiet: { looks: 2, since: -1_000, last: 0 } }
        : facts,
    ),
    /with a live Slurm job/,
  ],
  [
    'news of an earlier attempt is taken for news of this one',
    (record, plan, event) =>
      reduce(record, plan, 'attempt' in event ? { ...event, attempt: record.attempt } : event),
    /succeeded without its exit code/,
  ],
];

// A fixed seed: found today is found tomorrow. Without shrinking, which takes the longest.
test.each(BUGS)('found: %s', (_, reducer, found) => {
  const { failed, numRuns, errorInstance } = fc.check(inAnyOrder(reducer), {
    seed: 4,
    numRuns: 2_500,
    endOnFailure: true,
  });
  expect(failed, `nothing was found in ${numRuns} sessions`).toBe(true);
  expect(String(errorInstance)).toMatch(found);
});
