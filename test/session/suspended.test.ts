import { describe, expect, test } from 'vitest';
import { suspendedSince } from '../../src/shared/session/suspension.ts';
import { LIMITS } from './fixture.ts';
import { Story, seenRunning } from './story.ts';

const both = (s1: string, c1: string) => ({ s1, c1 });
/** An hour of looks, each of half a minute. */
function hour(story: Story, words: Record<string, string>): Story {
  for (let look = 0; look < 120; look++) story.looks(30, words);
  return story;
}

describe('time in which an administrator had suspended a Slurm job', () => {
  test('a client that runs: its run limit begins to count again where it was', () => {
    const story = hour(seenRunning(), both('RUNNING', 'SUSPENDED')).looks(30, both('RUNNING', 'RUNNING'));
    expect(story.verdict('c1')).toBe('none');
    // 5 s of it had passed before, and the look that saw it first came 30 s after the last.
    story.looks(LIMITS.runLimitS - 35, both('RUNNING', 'RUNNING'));
    expect(story.verdict('c1')).toBe('none');
    story.looks(1, both('RUNNING', 'RUNNING'));
    expect(story.verdict('c1')).toBe('failed: run-limit');
    expect(story.notes.filter((note) => /suspended|SUSPENDED/.test(note))).toEqual([
      'client c1: Slurm says SUSPENDED: that counts against no limit',
      'client c1: no longer suspended',
    ]);
  });

  test('a client whose service is suspended waits for it', () => {
    const story = hour(seenRunning(), both('SUSPENDED', 'RUNNING'));
    expect([story.verdict('c1'), story.verdict('s1'), story.record.ending]).toEqual([
      'none',
      'none',
      undefined,
    ]);
    hour(story, both('RUNNING', 'RUNNING'));
    expect(story.verdict('c1')).toBe('failed: run-limit');
  });

  test('a service that was not ready yet: its start limit', () => {
    const story = new Story({ services: 1, clients: 1 }).begin().submit('s1').event('s1', 'started');
    hour(story, { s1: 'SUSPENDED' }).looks(30, { s1: 'RUNNING' });
    expect(story.verdict('s1')).toBe('none');
    hour(story, { s1: 'RUNNING' });
    expect(story.verdict('s1')).toBe('failed: start-limit');
  });

  test('a service without any client at work: max_idle', () => {
    const story = new Story({ services: 1, clients: 1 }).begin().submit('s1');
    story.event('s1', 'started').event('s1', 'ready');
    hour(story, { s1: 'STOPPED' });
    expect(story.record.ending).toBeUndefined();
    hour(story, { s1: 'RUNNING' });
    expect(story.record.ending?.why).toBe('max-idle');
  });

  test('a client that Slurm had started and suspended before its first word: the sign of life', () => {
    const story = new Story({ services: 1, clients: 1 }).begin().submit('s1');
    story.event('s1', 'started').event('s1', 'ready').submit('c1').looks(5, both('RUNNING', 'RUNNING'));
    // An hour is far more than max_idle, which counts: the service is free.
    for (let look = 0; look < 15; look++) story.looks(30, both('RUNNING', 'SUSPENDED'));
    expect(story.verdict('c1')).toBe('none');
    expect(story.facts('c1').suspended).toHaveLength(1);
  });

  test('what was suspended before a limit began to count does not extend it', () => {
    const story = new Story({ services: 1, clients: 1 }).begin().submit('s1').event('s1', 'started');
    hour(story, { s1: 'SUSPENDED' }).looks(30, { s1: 'RUNNING' });
    story.event('s1', 'ready').submit('c1').event('c1', 'started');
    story.looks(LIMITS.runLimitS - 1, both('RUNNING', 'RUNNING'));
    expect(story.verdict('c1')).toBe('none');
    story.looks(2, both('RUNNING', 'RUNNING'));
    expect(story.verdict('c1')).toBe('failed: run-limit');
  });

  test('by turns, every minute: as much as it was, however often, in a bounded record', () => {
    const story = seenRunning();
    for (let turn = 0; turn < 100; turn++) {
      story.looks(30, both('RUNNING', 'SUSPENDED')).looks(30, both('RUNNING', 'RUNNING'));
    }
    // 3,000 of 6,000 s: still more than the limit.
    expect(story.verdict('c1')).toBe('failed: run-limit');
    expect(suspendedSince(0, [story.facts('c1')])).toBeGreaterThan(1_000);
    expect(story.facts('c1').suspended?.length).toBeLessThanOrEqual(40);
  });
});

test('spans of several roles count once where they overlap, and only what comes after', () => {
  const at = (...suspended: { from: number; to: number }[]) => ({
    ...new Story({ services: 1, clients: 0 }).facts('s1'),
    suspended,
  });
  const roles = [at({ from: 10, to: 30 }, { from: 50, to: 60 }), at({ from: 20, to: 40 }), undefined];
  expect(suspendedSince(0, roles)).toBe(40);
  expect(suspendedSince(25, roles)).toBe(25);
  expect(suspendedSince(100, roles)).toBe(0);
  expect(suspendedSince(undefined, roles)).toBe(0);
});
