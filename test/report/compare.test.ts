import { describe, expect, test } from 'vitest';
import { compareText } from '../../src/cli/compare-text.ts';
import { compareSessions } from '../../src/producer/report/compare-sessions.ts';
import { loadResult, pointOf, sessionOf, toolResult } from './fixture.ts';

const repeated = (id: string, speeds: readonly number[], concurrency = 4) =>
  sessionOf({
    id,
    results: {
      c1: loadResult(
        speeds.map((tokensPerS, at) =>
          pointOf({ concurrency, repeat: at + 1, tokensPerS, ms: 20_000 / tokensPerS }),
        ),
      ),
    },
  });

describe('two sessions with repeats', () => {
  test('a clear difference is one, both ways', () => {
    const slow = repeated('a', [100, 101, 99, 100.5]);
    const fast = repeated('b', [150, 151, 149, 150.5]);
    const there = compareSessions([slow], [fast], { failOn: 0.05 });
    expect(there).toMatchObject({ overall: 'better', samePlan: true, failed: false });
    const line = there.compared.find(({ metric }) => metric === 'output tokens/s');
    expect(line).toMatchObject({ verdict: 'better', a: { n: 4, over: 'repeats' } });
    expect(line?.ratio).toBeCloseTo(1.5, 2);
    expect(line?.interval?.low).toBeGreaterThan(1.47);
    const back = compareSessions([fast], [slow], { failOn: 0.05 });
    expect(back).toMatchObject({ overall: 'worse', failed: true });
    expect(compareSessions([fast], [slow], { failOn: 0.9 }).failed).toBe(false);
    expect(compareSessions([fast], [slow]).failed).toBe(false);
  });

  test('noise is none, and one that is evident but small does not fail', () => {
    const noisy = compareSessions([repeated('a', [100, 140, 80])], [repeated('b', [90, 120, 85])], {
      failOn: 0,
    });
    expect(noisy).toMatchObject({ overall: 'no evidence', failed: false });
    const small = compareSessions([repeated('a', [100, 100.1, 99.9])], [repeated('b', [98, 98.1, 97.9])], {
      failOn: 0.05,
    });
    expect(small).toMatchObject({ overall: 'worse', failed: false });
  });

  test('only the metrics that were asked for; an unknown one is said, with those that there are', () => {
    const [a, b] = [repeated('a', [1, 2]), repeated('b', [1, 2])];
    expect(compareSessions([a], [b], { metrics: ['e2e P90'] }).compared.map(({ metric }) => metric)).toEqual([
      'E2E p90',
    ]);
    expect(() => compareSessions([a], [b], { metrics: ['speed'] })).toThrow("neither has a metric 'speed'");
  });
});

test('one run each: the difference is shown, and is no evidence', () => {
  const compared = compareSessions([repeated('a', [100])], [repeated('b', [50])], { failOn: 0.05 });
  expect(compared).toMatchObject({ overall: 'no evidence', failed: false });
  expect(compared.compared[0]).toMatchObject({ ratio: expect.closeTo(0.5, 9), interval: null, p: null });
  const text = compareText(compared);
  expect(text).toContain('−50.0 %');
  expect(text).toContain('no evidence of a difference (one run each');
});

test('sessions of a group are the repeats, not the repeats inside them', () => {
  const group = (name: string, speeds: number[]) =>
    speeds.map((speed, at) => {
      const place = { id: `g-${name}`, index: at + 1, of: speeds.length, values: {}, repeat: at + 1 };
      return sessionOf({
        id: `${name}${at}`,
        group: place,
        results: {
          c1: loadResult([1, 2, 3].map((repeat) => pointOf({ concurrency: 1, repeat, tokensPerS: speed }))),
        },
      });
    });
  const { compared } = compareSessions(group('a', [100, 110, 90]), group('b', [101, 111, 91]));
  expect(compared[0]).toMatchObject({
    a: { n: 3, over: 'sessions' },
    b: { n: 3, over: 'sessions' },
    verdict: 'no evidence',
  });
});

test('other plans are compared, and what differs is said', () => {
  const a = sessionOf({ id: 'a', results: { c1: loadResult([pointOf({ concurrency: 1 })], { seed: 1 }) } });
  const b = sessionOf({ id: 'b', results: { c1: loadResult([pointOf({ concurrency: 1 })], { seed: 2 }) } });
  const compared = compareSessions([a], [b]);
  expect(compared).toMatchObject({
    samePlan: false,
    differences: [{ what: 'ollama: seed', a: '1', b: '2' }],
  });
  expect(compareText(compared)).toContain('different plans; what differs:');
});

test("a tool's own numbers, points that only one side has, and hostile names", () => {
  const a = sessionOf({
    id: 'a',
    results: {
      c1: toolResult('pgbench', [
        [1, 100, 10],
        [2, 190, 11],
      ]),
    },
  });
  const b = sessionOf({
    id: 'b',
    results: {
      c1: toolResult('pgbench', [
        [1, 120, 8],
        [8, 500, 20],
      ]),
    },
  });
  const compared = compareSessions([a], [b]);
  expect(compared.compared.map(({ point, metric }) => `${point} ${metric}`)).toEqual([
    'clients=1 tps',
    'clients=1 latency average',
  ]);
  expect(compared).toMatchObject({ onlyA: ['ollama, clients=2'], onlyB: ['ollama, clients=8'] });
});

test('nothing in common is said, not compared', () => {
  const a = sessionOf({ id: 'a', results: { c1: loadResult([pointOf({ concurrency: 1 })]) } });
  const b = sessionOf({ id: 'b', results: {} });
  expect(() => compareSessions([a], [b])).toThrow('no point in common');
});

test('no comparison shows what --set gave a secret', () => {
  const with_ = (id: string, value: string) => {
    const session = sessionOf({ id, results: { c1: loadResult([pointOf({ concurrency: 1 })]) } });
    const set = [
      `service.environment.HF_TOKEN=${value}`,
      `service.args=[--token=${value}]`,
      `client.seed=${value.length}`,
    ];
    return [{ ...session, plan: { ...session.plan, recipe: { ...session.plan.recipe, set } } }];
  };
  const shown = JSON.stringify(compareSessions(with_('a', 'geheim'), with_('b', 'auch geheim')));
  expect(shown).toContain('client.seed=11');
  expect(shown).not.toContain('geheim');
});
