import { describe, expect, test } from 'vitest';
import { phaseOf } from '../../src/shared/session/facts.ts';
import { LIMITS, type Shape } from './fixture.ts';
import { running, Story, seenRunning } from './story.ts';

const one = { services: 1, clients: 1 };
const begun = (shape: Shape = one) => new Story(shape).begin();
const service = (shape = one) => begun(shape).submit('s1');

const ENDINGS: [string, string | undefined, () => Story][] = [
  ['nothing has happened yet', undefined, () => begun()],
  [
    'it only stages, and everything is there',
    'complete',
    () => begun({ services: 0, clients: 0, stage: 'login' }).tell({ type: 'all-staged' }),
  ],
  ['somebody cancels it', 'cancelled', () => begun().cancel()],
  [
    'an action fails for good',
    'action-failed',
    () => begun().tell({ type: 'action-failed', action: 'stage', text: 'disk full' }),
  ],
  [
    'ten deliveries die without progress',
    'action-failed',
    () =>
      Array.from({ length: 10 }).reduce<Story>(
        (story) => story.tell({ type: 'died', action: 'stage' }),
        begun(),
      ),
  ],
  [
    'nine do',
    undefined,
    () =>
      Array.from({ length: 9 }).reduce<Story>(
        (story) => story.tell({ type: 'died', action: 'stage' }),
        begun(),
      ),
  ],
  [
    'a service exits before it is ready',
    'service-failed',
    () => service().event('s1', 'started').event('s1', 'exited', 1),
  ],
  [
    'a service gets a signal before it is ready: perhaps a requeue',
    undefined,
    () => service().event('s1', 'started').event('s1', 'exited', 143),
  ],
  [
    'a ready service exits while a client needs it',
    'service-lost',
    () => running().event('s1', 'exited', 143),
  ],
  [
    'a service is refused',
    'service-failed',
    () => begun().submit('s1', { is: 'refused', reason: 'qos', clean: true }),
  ],
  ['the last client said how it ended', 'complete', () => running().event('c1', 'exited', 1)],
  [
    'the last client got its verdict',
    'complete',
    () => seenRunning().looks(LIMITS.runLimitS, { s1: 'RUNNING', c1: 'RUNNING' }),
  ],
  [
    'one of two clients has failed: a result',
    undefined,
    () => running({ services: 1, clients: 2 }).event('c1', 'exited', 1),
  ],
  [
    'a ready service without a running client, for less than max_idle',
    undefined,
    () =>
      service()
        .event('s1', 'ready')
        .looks(5, { s1: 'RUNNING' })
        .looks(LIMITS.maxIdleS - 5, { s1: 'RUNNING' }),
  ],
  [
    'for longer',
    'max-idle',
    () =>
      service()
        .event('s1', 'ready')
        .looks(5, { s1: 'RUNNING' })
        .looks(LIMITS.maxIdleS + 1, { s1: 'RUNNING' }),
  ],
  [
    'for longer, but a client of another session used it meanwhile',
    undefined,
    () =>
      service()
        .event('s1', 'ready')
        .looks(5, { s1: 'RUNNING' })
        .looks(LIMITS.maxIdleS - 5, { s1: 'RUNNING' })
        .tell({ type: 'used', by: '261123-zzzzzz.c1' })
        .looks(LIMITS.maxIdleS - 5, { s1: 'RUNNING' }),
  ],
  [
    'its only client uses the service of another session, and waits for long in the queue',
    undefined,
    () =>
      begun({ services: 0, clients: 1 })
        .submit('c1')
        .looks(LIMITS.maxIdleS + 1, { c1: 'PENDING' }),
  ],
  [
    'the service of another session, which its client uses, is no more',
    'service-lost',
    () =>
      begun({ services: 0, clients: 1 })
        .submit('c1')
        .event('c1', 'started')
        .tell({ type: 'target-lost', text: 'service x of session y is no more' }),
  ],
  [
    'one of two clients that run together has ended',
    undefined,
    () =>
      running({ services: 1, clients: 2, together: true })
        .submit('c2')
        .event('c2', 'started')
        .event('c1', 'exited', 0),
  ],
  [
    'both have',
    'complete',
    () =>
      running({ services: 1, clients: 2, together: true })
        .submit('c2')
        .event('c2', 'started')
        .event('c2', 'exited', 0)
        .event('c1', 'exited', 0),
  ],
  [
    'an accepted Slurm job vanished',
    'vanished',
    () => service().looks(5).accounts('s1', 'knows-nothing').looks(20),
  ],
  [
    'the service of a service-only session ended',
    'service-ended',
    () => service({ services: 1, clients: 0 }).event('s1', 'ready').event('s1', 'exited', 0),
  ],
];

describe('an attempt ends when', () => {
  test.each(ENDINGS)('%s: %s', (_, why, story) => expect(story().record.ending?.why).toBe(why));
  test('the first cause stays', () => {
    expect(
      begun().cancel().tell({ type: 'action-failed', action: 'stage', text: 'late' }).record.ending?.why,
    ).toBe('cancelled');
  });
  test('no submission begins after it', () => {
    expect(begun().cancel().tell({ type: 'submit-began', role: 's1' }).facts('s1').submit.is).toBe('none');
  });
  test('news of another attempt changes nothing', () => {
    const story = begun();
    const before = story.record;
    expect(
      story.tell({ type: 'action-failed', action: 'stage', text: 'old', attempt: 2 } as never).record,
    ).toBe(before);
  });
});

describe('a role is released', () => {
  const gone = () => running().cancel().close('s1', 'c1');
  test.each<[string, string, () => Story]>([
    ['at once, when nothing of the attempt began', 'yes', () => new Story(one).cancel()],
    ['when it was never asked of Slurm, by `closed`', 'yes', () => begun().cancel().close()],
    [
      'when it was refused and nothing is in doubt, by `closed`',
      'yes',
      () => begun().submit('s1', { is: 'refused', reason: 'qos', clean: true }).close(),
    ],
    ['not by one look that lists none', 'no', () => gone().looks(5)],
    ['by two', 'yes', () => gone().looks(5).looks(5)],
    [
      'not by two with its job between them',
      'no',
      () => gone().looks(5).looks(5, { s1: 'COMPLETING' }).looks(5),
    ],
    ['not by looks before the release', 'no', () => running().cancel().looks(5).looks(5).close('s1', 'c1')],
    [
      'not after five minutes of COMPLETING but for a second',
      'no',
      () => gone().looks(5, { s1: 'COMPLETING' }).looks(299, { s1: 'COMPLETING' }),
    ],
    [
      'draining, after five minutes of COMPLETING',
      'draining',
      () => gone().looks(5, { s1: 'COMPLETING' }).looks(300, { s1: 'COMPLETING' }),
    ],
  ])('%s: %s', (_, released, story) => expect(story().facts('s1').released).toBe(released));

  test('a look that was sent before the release does not count, though it came later', () => {
    const story = running().cancel();
    story.look = 7;
    story.close('s1', 'c1');
    story.tell({ type: 'looked', rows: [], times: { windowS: 20, killWaitS: 30 } }, 7);
    expect(story.looks(5).facts('s1').released).toBe('no');
    expect(story.looks(5).facts('s1').released).toBe('yes');
  });
  test('an unresolved submission takes two looks a window apart', () => {
    const story = begun().tell({ type: 'submit-began', role: 's1' }).cancel().close().looks(5).looks(19);
    expect(story.facts('s1').released).toBe('no');
    expect(story.looks(1).facts('s1').released).toBe('yes');
  });
  test('a twin that waits is not draining', () => {
    const story = gone();
    const row = (id: number, word: string, life: 'ending' | 'waiting') => ({
      role: 's1',
      row: { id, word, life, reason: '', nodes: '', source: 'squeue' as const },
    });
    for (const seconds of [5, 400]) {
      story.clock += seconds;
      story.look += 1;
      const rows = [row(1, 'COMPLETING', 'ending'), row(99, 'PENDING', 'waiting')];
      story.tell({ type: 'looked', rows, times: { windowS: 20, killWaitS: 30 } });
    }
    expect(story.facts('s1').released).toBe('no');
  });
});

describe('the final state', () => {
  const done = (story: Story) =>
    story.close('s1', 'c1').looks(5, { c1: 'COMPLETED', s1: 'CANCELLED' }).looks(30).looks(5);
  test.each<[string, string, () => Story]>([
    ['its client succeeded', 'succeeded', () => done(running().event('c1', 'exited', 0)).collect()],
    ['its client failed', 'failed', () => done(running().event('c1', 'exited', 1)).collect()],
    [
      'its client has no valid results',
      'failed',
      () => done(running().event('c1', 'exited', 0)).collect('c1'),
    ],
    ['somebody cancelled it', 'cancelled', () => done(running().cancel()).collect()],
    ['a service was lost', 'failed', () => done(running().event('s1', 'exited', 1)).collect()],
    [
      'a service-only session, ended by its user',
      'succeeded',
      () =>
        service({ services: 1, clients: 0 })
          .event('s1', 'ready')
          .cancel()
          .close('s1')
          .looks(5, { s1: 'CANCELLED' })
          .looks(5, { s1: 'CANCELLED' })
          .collect(),
    ],
    [
      'the same, before it was ready',
      'cancelled',
      () =>
        service({ services: 1, clients: 0 })
          .cancel()
          .close('s1')
          .looks(5, { s1: 'CANCELLED' })
          .looks(5, { s1: 'CANCELLED' })
          .collect(),
    ],
    [
      'a service-only session, ended by itself',
      'succeeded',
      () =>
        service({ services: 1, clients: 0 })
          .event('s1', 'ready')
          .event('s1', 'exited', 0)
          .close('s1')
          .looks(5, { s1: 'COMPLETED' })
          .looks(5)
          .collect(),
    ],
    [
      'two services alone, one ended well, the other was released',
      'succeeded',
      () =>
        begun({ services: 2, clients: 0 })
          .submit('s1')
          .submit('s2')
          .event('s1', 'ready')
          .event('s2', 'ready')
          .event('s1', 'exited', 0)
          .close('s1', 's2')
          .looks(5, { s1: 'COMPLETED', s2: 'CANCELLED' })
          .looks(5, { s2: 'CANCELLED' })
          .looks(5)
          .collect(),
    ],
    [
      'nothing is known of its client',
      'unknown',
      () =>
        seenRunning()
          .looks(5, { s1: 'RUNNING' })
          .accounts('c1', 'silent')
          .looks(600, { s1: 'RUNNING' })
          .close('s1', 'c1')
          .looks(5, { s1: 'CANCELLED' })
          .looks(5, { s1: 'CANCELLED' })
          .collect(),
    ],
  ])('%s: %s', (_, state, story) => expect(story().record.state).toBe(state));

  test('nothing is final before every verdict and every release', () => {
    expect(running().event('c1', 'exited', 0).collect().record.state).toBe('ending');
  });
  const vanished = () =>
    service().looks(5).accounts('s1', 'knows-nothing').looks(20).close('s1').looks(5).looks(5).collect();
  test('what vanished gets one new attempt, with all that was kept', () => {
    const { record, notes } = vanished();
    expect([record.state, record.attempt, record.past.length]).toEqual(['running', 2, 1]);
    expect(notes.at(-1)).toMatch(/^attempt 2: s1: Slurm accepted it as 1/);
  });
  test('but not when somebody cancelled it meanwhile', () => {
    const story = service()
      .looks(5)
      .accounts('s1', 'knows-nothing')
      .looks(20)
      .cancel()
      .close('s1')
      .looks(5)
      .looks(5);
    expect(story.collect().record.state).toBe('cancelled');
  });
});

describe('another attempt, asked for', () => {
  const retry = (story: Story, force = false) => story.tell({ type: 'retried', force });
  const failed = () =>
    begun().submit('s1', { is: 'refused', reason: 'qos', clean: true }).close().looks(5).looks(5).collect();

  test('begins anew, and keeps what the last one was', () => {
    const { record, notes } = retry(failed());
    expect(record).toMatchObject({
      state: 'planned',
      attempt: 2,
      begun: false,
      results: {},
      past: [{ state: 'failed' }],
    });
    expect(record.ending ?? record.closed ?? record.endedAt).toBeUndefined();
    expect(phaseOf(record.roles.s1 ?? failed().facts('s1'), 'service')).toBe('none');
    expect(notes.at(-1)).toBe('attempt 2: asked for; the last one failed');
  });
  test('forgets that somebody cancelled the last one', () => {
    const story = retry(begun().cancel().close().looks(5).looks(5).collect());
    expect([story.record.attempt, story.record.cancelled, story.record.past[0]?.cancelled?.text]).toEqual([
      2,
      undefined,
      'cancelled by ada',
    ]);
  });
  test('is not made of what goes on, nor for who saw an earlier end', () => {
    expect(retry(running()).record.attempt).toBe(1);
    const twice = retry(failed()).tell({ type: 'retried', force: true, attempt: 1 } as never);
    expect(twice.record.attempt).toBe(2);
  });
  test('is made of a success, or of what only drains, by force', () => {
    const draining = () =>
      seenRunning()
        .event('c1', 'exited', 1)
        .close()
        .looks(5, { s1: 'COMPLETING' })
        .looks(150, { s1: 'COMPLETING' })
        .looks(200, { s1: 'COMPLETING' })
        .collect();
    expect(draining().record.state).toBe('failed');
    expect(retry(draining()).record.attempt).toBe(1);
    expect(retry(draining(), true).record.attempt).toBe(2);
  });
  test('may vanish once, too', () => {
    const vanish = (story: Story) =>
      story
        .begin()
        .submit('s1')
        .looks(5)
        .accounts('s1', 'knows-nothing')
        .looks(20)
        .close('s1')
        .looks(5)
        .looks(5)
        .collect();
    const again = vanish(vanish(new Story(one)));
    expect([again.record.state, again.record.attempt]).toEqual(['failed', 2]);
    expect(vanish(retry(again)).record).toMatchObject({ state: 'running', attempt: 4 });
  });
});

describe('the phase of a role', () => {
  test.each<[string, 's1' | 'c1', () => Story]>([
    ['none', 's1', () => begun()],
    ['submitting', 's1', () => begun().tell({ type: 'submit-began', role: 's1' })],
    ['pending', 's1', () => service()],
    ['starting', 's1', () => service().event('s1', 'started')],
    ['ready', 's1', () => service().event('s1', 'started').event('s1', 'ready')],
    ['running', 'c1', () => running()],
    ['leaving', 'c1', () => running().event('c1', 'exited', 0)],
    ['ended', 'c1', () => running().event('c1', 'exited', 1)],
  ])('%s', (phase, role, story) => {
    expect(phaseOf(story().facts(role), role === 's1' ? 'service' : 'client')).toBe(phase);
  });
});

test('an accepted Slurm job is there until a later look misses it: the next client does not start beside it', () => {
  const story = running({ services: 1, clients: 2 });
  story.look = 3;
  story.submit('c2').event('c2', 'exited', 1);
  expect(
    story.tell({ type: 'looked', rows: [], times: { windowS: 20, killWaitS: 30 } }, 3).facts('c2').live,
  ).toBe(true);
  expect(story.looks(5, { c2: 'COMPLETING' }).facts('c2').live).toBe(true);
  expect(story.looks(5, { c2: 'FAILED' }).facts('c2').live).toBe(false);
});

test('the timeline tells the story', () => {
  const story = running().event('c1', 'exited', 0).looks(5, { s1: 'RUNNING', c1: 'COMPLETED' }).close('s1');
  story.event('s1', 'exited', 143).looks(5, { s1: 'CANCELLED' }).looks(5).collect();
  expect(story.notes).toEqual([
    'in the queues',
    'service s1: submitting',
    'service s1: Slurm job 1 submitted',
    'service s1: Slurm job 1 starting on n1',
    'service s1: ready',
    'client c1: submitting',
    'client c1: Slurm job 11 submitted',
    'client c1: Slurm job 11 running on n1',
    'client c1: ended with exit code 0',
    'the last client has ended',
    'client c1: succeeded',
    'client c1: its Slurm job is gone',
    'its Slurm jobs are being released',
    'service s1: ended with exit code 143',
    'service s1: released, no longer needed',
    'service s1: its Slurm job is gone',
    'service s1: released',
    'client c1: released',
    'succeeded',
  ]);
});
