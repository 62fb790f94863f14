import { describe, expect, test } from 'vitest';
import { pendingText, stillPendingText } from '../../src/cli/pending-text.ts';
import { waitLine } from '../../src/cli/wait-lines.ts';
import { pendingView } from '../../src/producer/pending-view.ts';
import type { SessionView } from '../../src/producer/session-view.ts';
import { LIMITS } from '../session/fixture.ts';
import { Story } from '../session/story.ts';

const now = new Date(2026, 10, 23, 14, 2, 42);
const at = (day: number, hour: number, minute: number) => new Date(2026, 10, day, hour, minute).toISOString();
const pending = {
  reason: 'Priority',
  words: 'others first',
  outlook: 'passes' as const,
  waitedS: 3_600,
  expectedAt: at(23, 16, 40),
  givesUpAt: at(24, 14, 2),
};

test('a wait in words, and hours later', () => {
  expect(pendingText(pending, now)).toBe(
    'Priority (others first) · Slurm expects 16:40, an estimate · gives up 14:02 tomorrow',
  );
  const later = { ...pending, expectedAt: at(23, 17, 5) };
  expect(stillPendingText(later, new Date(now.getTime() - 20_000).toISOString(), now)).toBe(
    '1 h · Priority · expects 17:05 · seen 20 s ago',
  );
  const never = {
    ...pending,
    reason: 'InvalidQOS',
    words: 'x',
    outlook: 'never' as const,
    expectedAt: undefined,
  };
  expect(pendingText({ ...never, givesUpAt: at(30, 14, 2) }, now)).toBe(
    'InvalidQOS (x, it will never start) · gives up 2026-11-30 14:02',
  );
});

test('times are those of the viewer, however wrong the clock of the cluster is', () => {
  const story = new Story({ services: 1, clients: 0 })
    .begin()
    .submit('s1')
    .looks(5, { s1: 'PENDING Priority' });
  const slurm = story.facts('s1').slurm;
  if (slurm) slurm.expectedS = 5_600;
  const lookedAt = now.getTime();
  const role = { role: 's1', side: 'service', queueLimitS: LIMITS.queueLimitS } as const;
  const view = pendingView(story.record, role, { clock: story.clock, lookedAt, clusterS: 5_000 });
  expect(view.pending).toMatchObject({
    reason: 'Priority',
    waitedS: 5,
    expectedAt: new Date(lookedAt + 600_000).toISOString(),
    givesUpAt: new Date(lookedAt + (LIMITS.queueLimitS - 5) * 1_000).toISOString(),
  });
  expect(pendingView(story.event('s1', 'started').record, role, { clock: 5 })).toEqual({});
});

describe('what holds a session up', () => {
  const view = (cluster: object, roles: object = {}) =>
    ({ cluster: { name: 'far', workers: ['h:1'], ...cluster }, roles }) as unknown as SessionView;
  const waiting = { s1: { side: 'service', name: 'ollama', pending } };
  test.each([
    [{ workers: [] }, "queued. No worker serves far: run 'sbench worker --clusters far'"],
    [{ unreachable: { needsPerson: false, why: 'refused' } }, 'far cannot be reached: refused'],
    [
      { unreachable: { needsPerson: true, why: 'no key' } },
      'far needs a person: no key. Then: sbench cluster resume far',
    ],
    [{ controllerSilent: 'timed out' }, 'Slurm on far does not answer: timed out'],
  ])('%j', (cluster, text) => expect(waitLine(view(cluster, waiting))?.text).toBe(text));
  test('else what Slurm says', () => {
    expect(waitLine(view({}, waiting), now)).toMatchObject({ key: 's1 Priority', what: 'pending' });
    expect(waitLine(view({}), now)).toBeUndefined();
    expect(waitLine({ ...view({ workers: [] }), endedAt: 'x' }, now)).toBeUndefined();
  });
});
