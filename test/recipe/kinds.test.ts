import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { messagesOf, planOf } from './fixture.ts';

const shipped = (name: string): string =>
  readFileSync(new URL(`../../recipes/${name}`, import.meta.url), 'utf8');

test.each(['redis', 'postgres', 'openai'])('recipes/%s.yaml plans', (name) => {
  const text = shipped(`${name}.yaml`);
  expect(text).toMatch(/^# needs: /);
  expect(messagesOf(() => planOf(text))).toEqual([]);
  expect(planOf(text).notes.length).toBeLessThanOrEqual(1);
});

const SWEEPS = [
  { service: { type: 'redis' }, client: { sweep: { clients: [1, 8], pipeline: [1, 16] } } },
  { service: { type: 'redis' }, client: {} },
  { service: { type: 'postgres' }, client: { sweep: { clients: [1, 4], rate: [10, 20, 30] } } },
  { service: { type: 'nginx' }, client: { type: 'wrk', sweep: { connections: [3, 1, 2] } } },
];

test.each(SWEEPS)(
  '%j: a repeat measures all points again, round by round, each in a file of its own',
  (recipe) => {
    const outputsOf = (repeat?: number) =>
      planOf({ ...recipe, client: { ...recipe.client, ...(repeat === undefined ? {} : { repeat }) } })
        .roles.find(({ side }) => side === 'client')
        ?.outputs?.filter(({ is }) => is === 'point') ?? [];
    const once = outputsOf();
    expect(once.length).toBeGreaterThan(0);
    expect(outputsOf(1)).toEqual(once);
    for (const repeat of [2, 3, 7]) {
      const all = outputsOf(repeat);
      expect(all.map((each) => each.repeat)).toEqual(
        Array.from({ length: repeat }, (_, round) => once.map(() => round + 1)).flat(),
      );
      expect(all.map(({ parameters }) => parameters)).toEqual(
        Array.from({ length: repeat }, () => once.map(({ parameters }) => parameters)).flat(),
      );
      for (const key of ['file', 'name'] as const)
        expect(new Set(all.map((each) => each[key])).size).toBe(all.length);
    }
  },
);

test('what repeats must fit, and must not become endless', () => {
  const client = { duration: '10s', resources: { time: '1m' }, sweep: { clients: [1, 2] } };
  const said = (more: object) =>
    messagesOf(() => planOf({ service: { type: 'postgres' }, client: { ...client, ...more } }));
  expect(said({ repeat: 2 })).toEqual([]);
  expect(said({ repeat: 3 })).toEqual([expect.stringContaining('does not fit: 2 × 3 × 10 s is 1 min')]);
  const many = { clients: Array.from({ length: 50 }, (_, index) => index + 1) };
  expect(said({ sweep: many, duration: '1s', repeat: 5 }).join()).toContain('makes more than 200 points');
});
