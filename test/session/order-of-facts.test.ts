import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SpoolEvent, SpoolFile } from '../../src/shared/spool.ts';
import { Story } from './story.ts';

type Told = ['started' | 'ready' | 'exited', restart: number, code?: number];
/** What services and clients really write, in the order of their sequence numbers. */
const HISTORIES: { role: 's1' | 'c1'; told: Told[] }[] = [
  {
    role: 'c1',
    told: [
      ['started', 0],
      ['exited', 0, 0],
    ],
  },
  {
    role: 'c1',
    told: [
      ['started', 0],
      ['exited', 0, 3],
    ],
  },
  {
    role: 'c1',
    told: [
      ['started', 0],
      ['exited', 0, 143],
      ['started', 1],
      ['exited', 1, 75],
    ],
  },
  {
    role: 's1',
    told: [
      ['started', 0],
      ['ready', 0],
      ['exited', 0, 1],
    ],
  },
  {
    role: 's1',
    told: [
      ['started', 0],
      ['exited', 0, 143],
      ['started', 1],
      ['ready', 1],
    ],
  },
  {
    role: 's1',
    told: [
      ['started', 0],
      ['ready', 0],
      ['exited', 0, 143],
      ['exited', 1, 75],
    ],
  },
];

function filesOf({ role, told }: (typeof HISTORIES)[number]): { role: string; file: SpoolFile }[] {
  const id = role === 's1' ? 1 : 11;
  return told.map(([type, restart, code = 0], index) => {
    const frame = { v: 1 as const, name: `sb-b-x-1-${role}`, id, restart };
    const more = { started: { host: 'n1' }, ready: { port: 1 }, exited: { code } }[type];
    const event = { ...frame, type, ...more } as SpoolEvent;
    const file = `${id}-${restart}-b-${String(index + 1).padStart(8, '0')}.json`;
    return { role, file: { file, restart, sequence: index + 1, event } };
  });
}

/** Delivered in these batches, then two looks that still list everything, then one in which it has ended. */
function outcome(role: 's1' | 'c1', batches: { role: string; file: SpoolFile }[][]) {
  const story = new Story({ services: 1, clients: 2 }).begin().submit('s1').submit('c1');
  for (const files of batches) story.tell({ type: 'spool', at: 0, files });
  story.looks(5, { s1: 'RUNNING', c1: 'RUNNING' }).looks(5, { s1: 'RUNNING', c1: 'RUNNING' });
  story.looks(5, { [role]: 'COMPLETED' });
  return story;
}

const history = fc.constantFrom(...HISTORIES);
const orders = fc.array(fc.nat(), { minLength: 4, maxLength: 8 });
const shuffled = <T>(list: T[], order: number[]): T[] =>
  order.reduce<T[]>(
    (so, n, i) => so.toSpliced(n % (so.length || 1), 1, so[i % so.length] as T, so[n % so.length] as T),
    list,
  );

test('in one batch, order and repetition of spool files change nothing at all', () => {
  fc.assert(
    fc.property(history, orders, (of, order) => {
      const files = filesOf(of);
      const mixed = [...shuffled(files, order), ...files.toReversed()];
      expect(outcome(of.role, [mixed]).record).toEqual(outcome(of.role, [files]).record);
    }),
  );
});

test('over several batches before a look, the verdict is the same', () => {
  fc.assert(
    fc.property(history, orders, (of, order) => {
      const files = filesOf(of);
      const mixed = [...shuffled(files, order), ...files.toReversed()].map((file) => [file]);
      expect(outcome(of.role, mixed).facts(of.role).verdict?.is).toBe(
        outcome(of.role, [files]).facts(of.role).verdict?.is,
      );
    }),
  );
});
