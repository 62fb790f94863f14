import { expect, test } from 'vitest';
import { FAULTS, faultsNamed } from '../chaos/faults/catalogue.ts';
import { KINDS, planChaos } from '../chaos/plan-chaos.ts';

const text = (seed: number) => JSON.stringify(planChaos({ sessions: 40, seed, faults: faultsNamed('all') }));

test('the seed fixes the plan of sessions and faults, byte by byte', () => {
  expect(text(7)).toBe(text(7));
  expect(text(7)).not.toBe(text(8));
  // Of another machine, and of another day.
  expect(JSON.stringify(planChaos({ sessions: 1, seed: 3, faults: ['redis-kill'] }))).toMatchInlineSnapshot(
    `"{"seed":3,"sessions":[{"index":0,"kind":"plain","cluster":"gamma","atS":0,"workS":9.4,"foreign":false}],"faults":[{"name":"redis-kill","atS":2.9,"forS":0.8,"cluster":"delta","lane":"home","pick":0.6895394891034812},{"name":"redis-kill","atS":6.6,"forS":2.6,"cluster":"gamma","lane":"home","pick":0.791710342047736},{"name":"redis-kill","atS":11.1,"forS":1.4,"cluster":"delta","lane":"home","pick":0.8751369784586132},{"name":"redis-kill","atS":18.2,"forS":2.2,"cluster":"gamma","lane":"home","pick":0.8671226717997342},{"name":"redis-kill","atS":26,"forS":0.5,"cluster":"gamma","lane":"home","pick":0.9163444105070084}]}"`,
  );
});

test('twenty sessions meet every fault and every way to end', () => {
  for (let seed = 0; seed < 50; seed++) {
    const plan = planChaos({ sessions: 20, seed, faults: faultsNamed('all') });
    expect(new Set(plan.sessions.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)));
    expect(Object.keys(FAULTS).filter((name) => !plan.faults.some((fault) => fault.name === name))).toEqual(
      [],
    );
  }
});
