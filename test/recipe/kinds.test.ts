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
