import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationWords, parseDuration, slurmTime } from '../../src/shared/yaml/duration.ts';

test.each([
  ['90s', 90],
  ['15m', 900],
  ['2h', 7200],
  ['1d', 86_400],
  ['1h30m', 5400],
  ['1.5h', 5400],
  ['1.1h', 3960],
  ['00:01:30', 90],
  ['100:00:00', 360_000],
  ['1-00:00:00', 86_400],
  ['45', 45],
  [' 45s ', 45],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each([
  '',
  '0',
  '0s',
  '-5s',
  '5 s',
  '1:30',
  '00:60:00',
  '00:00:60',
  '5x',
  's',
  '1e9',
  '0.5s',
  'UNLIMITED',
  '367d',
  '1h -1m',
])('%j is none', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test('Slurm reads back what we write', () => {
  expect([slurmTime(90), slurmTime(90_061), slurmTime(36_000)]).toEqual([
    '0-00:01:30',
    '1-01:01:01',
    '0-10:00:00',
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 366 * 86_400 }), (seconds) => {
      expect(parseDuration(slurmTime(seconds))).toBe(seconds);
    }),
  );
});

test('for people', () => {
  expect([durationWords(45), durationWords(180), durationWords(5400), durationWords(3661)]).toEqual([
    '45 s',
    '3 min',
    '1 h 30 min',
    '1 h 1 min 1 s',
  ]);
});
