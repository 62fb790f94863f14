import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { heldForNothing } from '../chaos/held-for-nothing.ts';
import { type Claim, judgeRun, type Truth } from '../chaos/judge-run.ts';
import { judgeSubmits } from '../chaos/judge-submits.ts';
import type { SessionKind } from '../chaos/plan-chaos.ts';
import type { Entry, SlurmWord } from '../chaos/site.ts';
import type { Broken } from '../chaos/spans.ts';
import { toldLate } from '../chaos/told-late.ts';

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
  submitS: 99,
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
    'a load generator whose result is home, and whose controller forgot it',
    { succeeded: 1 },
    () => judged('succeeded', good, { kind: 'load', slurm: [word('c1', '2', 'RUNNING')], home: true }),
  ],
  [
    'a load generator whose result is home, and whose memory was too small',
    { falseSuccess: 1 },
    () => judged('succeeded', good, { kind: 'load', slurm: [word('c1', '2', 'OUT_OF_MEMORY')], home: true }),
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
    'failed because its controller gave its id to another, too',
    { failedAsExpected: 1 },
    () =>
      judged('failed', [begin('s1', '1')], {
        slurm: [word('c1', '2', 'CANCELLED'), { ...word('s1', '2', 'COMPLETED'), name: 'wrap' }],
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

const s1 = (id: string) => begin('s1', id);
const told = (id: string | undefined) => [{ name: name('s1'), told: id }];

test.each([
  ['acted once, as it was told', [s1('1')], told('1'), { duplicated: 0, lost: 0, twins: 0 }],
  ['acted twice', [s1('1'), s1('2')], told('1'), { duplicated: 1, lost: 0, twins: 0 }],
  ['never acted', [], told('1'), { duplicated: 0, lost: 1, twins: 1 }],
  ['acted as another than was told', [s1('2')], told('1'), { duplicated: 0, lost: 1, twins: 0 }],
  ['acted, and nobody was told', [s1('1')], told(undefined), { duplicated: 0, lost: 1, twins: 0 }],
] as const)('a submission that %s', (_, ledger, submitted, counts) => {
  const slurm = [word('s1', ledger.at(-1)?.id ?? '1', 'COMPLETED')];
  expect(judgeSubmits(submitted, ledger, slurm).counts).toEqual(counts);
});

test('a second Slurm job that ended at its head is a twin', () => {
  const slurm = [word('s1', '1', 'COMPLETED'), word('s1', '2', 'COMPLETED')];
  expect(judgeSubmits(told('1'), [s1('1')], slurm).counts).toEqual({ duplicated: 0, lost: 0, twins: 1 });
});

/** Its service began at 100 and ended then; its client was submitted at 102, waited, and ended at 160. */
const held = (serviceEndS: number, broken: Broken[] = []) => {
  const planned = { index: 0, kind: 'plain', cluster: 'gamma', atS: 0, workS: 1, foreign: false } as const;
  const slurm = [
    { ...word('s1', '1', 'CANCELLED'), endS: serviceEndS },
    { ...word('c1', '2', 'COMPLETED'), submitS: 102, startS: 150, endS: 160 },
  ];
  const claim = { planned, id: ID, state: 'succeeded', attempt: 1, text: '' };
  return heldForNothing([claim], { gamma: { ledger: [], slurm, deadly: [] } }, broken);
};
const fault = (cluster: Broken['cluster'], fromS: number, toS: number): Broken => ({
  name: 'link-down',
  cluster,
  fromS,
  toS,
});

test('a service without a client in Slurm is held for nothing, unless something is broken then', () => {
  expect(held(162)).toEqual({ seconds: [4], late: [], byFault: {} });
  expect(held(210)).toMatchObject({ seconds: [52], late: [expect.stringContaining('for 52 s')] });
  expect(held(210, [fault('gamma', 155, 180)])).toEqual({
    seconds: [52],
    late: [],
    byFault: { 'link-down': 20 },
  });
  expect(held(210, [fault(undefined, 170, 190)])).toMatchObject({ late: [], byFault: { 'link-down': 20 } });
  // Somebody else's trouble, and trouble that was over.
  expect(held(210, [fault('delta', 155, 180)])).toMatchObject({ late: [expect.any(String)], byFault: {} });
  expect(held(210, [fault('gamma', 120, 130)])).toMatchObject({ late: [expect.any(String)], byFault: {} });
});

test('a session is told late when it was over for long, and nothing was broken', () => {
  const planned = { index: 0, kind: 'plain', cluster: 'gamma', atS: 0, workS: 1, foreign: false } as const;
  const told = (overS: number, broken: Broken[] = []) => {
    const slurm = [word('s1', '1', 'CANCELLED'), word('c1', '2', 'COMPLETED')];
    const claim = { planned, id: ID, state: 'succeeded', attempt: 1, text: '', overS };
    return toldLate([claim], { gamma: { ledger: [], slurm, deadly: [] } }, broken);
  };
  expect(told(115)).toEqual({ seconds: [5], late: [] });
  expect(told(170)).toEqual({ seconds: [60], late: [expect.stringContaining('after 60 s')] });
  expect(told(170, [fault('gamma', 120, 140)])).toEqual({ seconds: [60], late: [] });
});

test('what the broken builds break is in the source, once', async () => {
  const builds: { BROKEN: Record<string, { edits: { file: string; from: string }[] }> } = await import(
    new URL('../../scripts/broken-builds.mjs', import.meta.url).href
  );
  for (const { edits } of Object.values(builds.BROKEN)) {
    for (const { file, from } of edits) {
      const source = readFileSync(new URL(`../../src/${file.replace(/js$/, 'ts')}`, import.meta.url), 'utf8');
      expect(source.split(from), `${file}: ${from}`).toHaveLength(2);
    }
  }
});
