import { expect, test } from 'vitest';
import { type Claim, judgeRun, type Truth } from '../chaos/judge-run.ts';
import type { SessionKind } from '../chaos/plan-chaos.ts';
import type { Entry, SlurmWord } from '../chaos/site.ts';

const ID = '261124-abcdef';
const name = (role: string, attempt = 1) => `sb-bx2345-${ID}-${attempt}-${role}`;
const begin = (role: string, id: string, attempt?: number): Entry => ({
  what: 'begin',
  name: name(role, attempt),
  id,
  code: 0,
  at: 100,
});
const end = (role: string, id: string, code = 0, attempt?: number): Entry => ({
  ...begin(role, id, attempt),
  what: 'end',
  code,
});
const word = (role: string, id: string, state: string): SlurmWord => ({
  id,
  name: name(role),
  state,
  elapsedS: 10,
  startS: 100,
  endS: 110,
});
const good: Entry[] = [begin('s1', '1'), begin('c1', '2'), end('c1', '2')];

function judged(state: string, ledger: Entry[], more: Partial<Truth & Claim> & { kind?: SessionKind } = {}) {
  const { slurm = [], deadly = [], kind = 'plain', ...claim } = more;
  const planned = { index: 0, kind, cluster: 'gamma', atS: 0, workS: 1, foreign: false } as const;
  const { counts } = judgeRun([{ planned, id: ID, state, attempt: 1, text: '', ...claim }], {
    gamma: { ledger, slurm, deadly },
  });
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

test.each([
  ['succeeded, and the client came to its end', { succeeded: 1 }, () => judged('succeeded', good)],
  ['succeeded, and no client did', { falseSuccess: 1 }, () => judged('succeeded', good.slice(0, 2))],
  [
    'succeeded, and its file is not here',
    { succeeded: 1, lost: 1 },
    () => judged('succeeded', good, { home: false }),
  ],
  [
    'succeeded, meant to fail',
    { falseSuccess: 1 },
    () => judged('succeeded', good, { kind: 'client-exits-3' }),
  ],
  [
    'a load generator that our release cancelled while it said goodbye: its result is home',
    { succeeded: 1 },
    () => judged('succeeded', good, { kind: 'load', slurm: [word('c1', '2', 'CANCELLED')], home: true }),
  ],
  [
    'a load generator that was cancelled, and nothing of it is home',
    { falseSuccess: 1, lost: 1 },
    () => judged('succeeded', good, { kind: 'load', slurm: [word('c1', '2', 'CANCELLED')], home: false }),
  ],
  ['nobody knows it', { lost: 1 }, () => judged('missing', good)],
  ['still running', { unfinished: 1 }, () => judged('running', good)],
  ['cancelled by nobody', { falseFailure: 1 }, () => judged('cancelled', [])],
  [
    'two Slurm jobs of a role began',
    { succeeded: 1, duplicated: 1 },
    () => judged('succeeded', [...good, begin('c1', '3')]),
  ],
  [
    'a client was done in two attempts',
    { succeeded: 1, duplicated: 1 },
    () => judged('succeeded', [...good, begin('c1', '4', 2), end('c1', '4', 0, 2)]),
  ],
  [
    'failed with the code that was meant',
    { failedAsExpected: 1 },
    () => judged('failed', [begin('c1', '2'), end('c1', '2', 3)], { kind: 'client-exits-3' }),
  ],
  [
    'failed before it could fail as meant',
    { falseFailure: 1 },
    () => judged('failed', [begin('c1', '2')], { kind: 'client-exits-3' }),
  ],
  ['failed, and nothing was broken', { falseFailure: 1 }, () => judged('failed', good)],
  [
    'failed, and its Slurm job FAILED by itself',
    { falseFailure: 1 },
    () => judged('failed', [begin('s1', '1')], { slurm: [word('s1', '1', 'FAILED')] }),
  ],
  [
    'failed on a node that was crashed then',
    { failedAsExpected: 1 },
    () =>
      judged('failed', [begin('s1', '1')], {
        slurm: [word('s1', '1', 'NODE_FAIL')],
        deadly: [{ fromS: 105, toS: 107 }],
      }),
  ],
  [
    'failed because its folder was gone when its client came to its end',
    { failedAsExpected: 1 },
    () =>
      judged('failed', good, {
        slurm: [word('c1', '2', 'FAILED')],
        deadly: [{ fromS: 109, toS: 112 }],
      }),
  ],
  [
    'failed long after a crash',
    { falseFailure: 1 },
    () =>
      judged('failed', [begin('s1', '1')], {
        slurm: [word('s1', '1', 'NODE_FAIL')],
        deadly: [{ fromS: 5, toS: 7 }],
      }),
  ],
] as const)('%s', (_, counts, run) => {
  expect(run()).toEqual(counts);
});
