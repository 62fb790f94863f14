import { describe, expect, test } from 'vitest';
import { LIMITS } from './fixture.ts';
import { running, Story, seenRunning } from './story.ts';

const client = () =>
  new Story({ services: 1, clients: 1 })
    .begin()
    .submit('s1')
    .event('s1', 'started')
    .event('s1', 'ready')
    .submit('c1');
const service = () => new Story({ services: 1, clients: 1 }).begin().submit('s1');
const serviceOnly = () => new Story({ services: 1, clients: 0 }).begin().submit('s1');
const besides = () => seenRunning({ services: 1, clients: 1, role: { placement: 'together' } });
const both = (word: string) => ({ s1: 'RUNNING', c1: word });

const OF_A_CLIENT: [string, string, () => Story][] = [
  [
    'Slurm refused it',
    'failed: refused',
    () =>
      new Story({ services: 1, clients: 1 })
        .begin()
        .submit('c1', { is: 'refused', reason: 'qos', clean: true }),
  ],
  [
    'it was never submitted, and the session is ending',
    'skipped',
    () => new Story({ services: 1, clients: 1 }).begin().cancel(),
  ],
  [
    'its owner file says closed',
    'cancelled',
    () =>
      new Story({ services: 1, clients: 1 })
        .begin()
        .tell({ type: 'submit-began', role: 'c1' })
        .cancel()
        .tell({ type: 'closed', windowS: 20, owners: [{ role: 'c1', answer: { is: 'closed' } }] }),
  ],
  ['exit 0, and Slurm has not spoken yet', 'none', () => seenRunning().event('c1', 'exited', 0)],
  [
    'exit 0 and COMPLETED',
    'succeeded',
    () => seenRunning().event('c1', 'exited', 0).looks(5, both('COMPLETED')),
  ],
  [
    'exit 0 and CANCELLED after we closed',
    'succeeded',
    () => seenRunning().event('c1', 'exited', 0).close('c1').looks(5, both('CANCELLED')),
  ],
  [
    'exit 0 in one Slurm job with its service, whose batch script FAILED',
    'succeeded',
    () => besides().event('c1', 'exited', 0).looks(5, both('FAILED')),
  ],
  [
    'exit 0 in one Slurm job with its service, and NODE_FAIL',
    'failed: node_fail',
    () => besides().event('c1', 'exited', 0).looks(5, both('NODE_FAIL')),
  ],
  [
    'killed in one Slurm job with its service, which we then released',
    'failed: exit',
    () => besides().event('c1', 'exited', 137).close('c1').looks(5, both('CANCELLED')),
  ],
  [
    'listed with its service long before it is submitted: it is not late',
    'none',
    () =>
      new Story({ services: 1, clients: 1, role: { placement: 'together' } })
        .begin()
        .submit('s1')
        .looks(LIMITS.startLimitS * 2, { s1: 'RUNNING', c1: 'RUNNING' })
        .event('s1', 'started')
        .event('s1', 'ready')
        .submit('c1')
        .looks(5, { s1: 'RUNNING', c1: 'RUNNING' }),
  ],
  [
    'exit 0 and OUT_OF_MEMORY',
    'failed: out_of_memory',
    () => seenRunning().event('c1', 'exited', 0).looks(5, both('OUT_OF_MEMORY')),
  ],
  [
    'exit 0, gone once, accounting absent',
    'none',
    () => seenRunning().event('c1', 'exited', 0).looks(5).accounts('c1', 'absent'),
  ],
  [
    'exit 0, gone twice, accounting absent',
    'succeeded',
    () => seenRunning().event('c1', 'exited', 0).looks(5).accounts('c1', 'absent').looks(5),
  ],
  [
    'exit 0, gone twice, accounting silent',
    'none',
    () => seenRunning().event('c1', 'exited', 0).looks(5).accounts('c1', 'silent').looks(5),
  ],
  [
    'exit 0, and a database that has just returned knows nothing',
    'none',
    () =>
      seenRunning()
        .event('c1', 'exited', 0)
        .looks(5)
        .accounts('c1', 'silent')
        .looks(30)
        .accounts('c1', 'knows-nothing')
        .looks(59),
  ],
  [
    'exit 0, accounting silent for ten minutes',
    'succeeded',
    () => seenRunning().event('c1', 'exited', 0).looks(5).accounts('c1', 'silent').looks(600),
  ],
  [
    'exit 0, and its node hangs: released, draining',
    'succeeded',
    () =>
      seenRunning()
        .event('c1', 'exited', 0)
        .close('s1', 'c1')
        .looks(5, { c1: 'COMPLETING' })
        .looks(300, { c1: 'COMPLETING' }),
  ],
  ['exit 3', 'failed: exit', () => seenRunning().event('c1', 'exited', 3)],
  ['exit 143, and Slurm has not said why', 'none', () => seenRunning().event('c1', 'exited', 143)],
  [
    'exit 143 and TIMEOUT',
    'failed: timeout',
    () => seenRunning().event('c1', 'exited', 143).looks(5, both('TIMEOUT')),
  ],
  [
    'exit 143 and FAILED',
    'failed: exit',
    () => seenRunning().event('c1', 'exited', 143).looks(5, both('FAILED')),
  ],
  [
    'exit 143 after the session began to end, before the release was stored',
    'cancelled',
    () => seenRunning().cancel().event('c1', 'exited', 143).close('c1').looks(5, both('CANCELLED')),
  ],
  [
    'exit 143 before, by somebody else',
    'failed: cancelled',
    () => seenRunning().event('c1', 'exited', 143).cancel().close('c1').looks(5, both('CANCELLED by 0')),
  ],
  [
    'no exit event, CANCELLED twice, and the release is not stored yet',
    'none',
    () => seenRunning().cancel().looks(5, both('CANCELLED')).looks(20, both('CANCELLED')),
  ],
  [
    'no exit event, CANCELLED once after we closed',
    'none',
    () => seenRunning().cancel().close('c1').looks(5, both('CANCELLED')),
  ],
  [
    'no exit event, CANCELLED twice after we closed',
    'cancelled',
    () => seenRunning().cancel().close('c1').looks(5, both('CANCELLED')).looks(5, both('CANCELLED')),
  ],
  [
    'the same, because its service was lost',
    'failed: service-lost',
    () =>
      seenRunning()
        .event('s1', 'exited', 1)
        .close('c1')
        .looks(5, both('CANCELLED'))
        .looks(5, both('CANCELLED')),
  ],
  [
    'no exit event, COMPLETED twice, its word may be late',
    'none',
    () => seenRunning().looks(5, both('COMPLETED')).looks(5, both('COMPLETED')),
  ],
  [
    'no event at all, COMPLETED twice, its words may be late',
    'none',
    () => client().looks(5, both('COMPLETED')).looks(5, both('COMPLETED')),
  ],
  [
    'no exit event, COMPLETED for 20 s',
    'failed: no-result',
    () => seenRunning().looks(5, both('COMPLETED')).looks(20, both('COMPLETED')),
  ],
  [
    'no exit event, NODE_FAIL for 20 s',
    'failed: node_fail',
    () => seenRunning().looks(5, both('NODE_FAIL')).looks(20, both('NODE_FAIL')),
  ],
  ['never started, FAILED once', 'none', () => client().looks(5, both('FAILED'))],
  [
    'never started, FAILED and then forgotten',
    'failed: failed',
    () => client().looks(5, both('FAILED')).looks(5, { s1: 'RUNNING' }),
  ],
  [
    'an unknown word is no end',
    'none',
    () => seenRunning().looks(5, both('MELTED')).looks(50, both('MELTED')),
  ],
  ['requeued after it began', 'failed: requeued', () => running().event('c1', 'started', 0, 1)],
  [
    'waiting again, seen once: the look may be older than its start',
    'none',
    () => running().looks(5, both('PENDING')),
  ],
  [
    'waiting again, seen twice',
    'failed: requeued',
    () => running().looks(5, both('PENDING')).looks(5, both('PENDING')),
  ],
  [
    'no event, gone for less than a window',
    'none',
    () => client().looks(5).accounts('c1', 'knows-nothing').looks(19),
  ],
  [
    'no event, gone for a window, accounting knows nothing',
    'vanished',
    () => client().looks(5).accounts('c1', 'knows-nothing').looks(20),
  ],
  [
    'the same, from a database that has just returned: it lags behind',
    'none',
    () => client().looks(5).accounts('c1', 'silent').looks(30).accounts('c1', 'knows-nothing').looks(59),
  ],
  [
    'the same, a minute later',
    'vanished',
    () => client().looks(5).accounts('c1', 'silent').looks(30).accounts('c1', 'knows-nothing').looks(60),
  ],
  [
    'no event, gone for a window, no accounting, never listed',
    'vanished',
    () => client().looks(5).accounts('c1', 'absent').looks(20),
  ],
  [
    'the same, but once listed: it may have run',
    'none',
    () => client().looks(5, both('PENDING')).looks(5).accounts('c1', 'absent').looks(20),
  ],
  [
    'started, and gone without a word for ten minutes',
    'unknown',
    () => seenRunning().looks(5).accounts('c1', 'silent').looks(600),
  ],
  [
    'pending for longer than the queue limit',
    'failed: queue-limit',
    () => client().looks(5, both('PENDING')).looks(LIMITS.queueLimitS, both('PENDING')),
  ],
  [
    'pending for a reason that never passes, seen twice',
    'failed: hopeless',
    () => client().looks(5, both('PENDING PartitionTimeLimit')).looks(5, both('PENDING PartitionTimeLimit')),
  ],
  [
    'pending for a reason that passes, however long within the limit',
    'none',
    () => client().looks(5, both('PENDING Priority')).looks(600, both('PENDING Priority')),
  ],
  [
    'RUNNING without a sign of life for ten minutes',
    'failed: no-life',
    () => client().looks(5, both('RUNNING')).looks(601, both('RUNNING')),
  ],
  [
    'running for longer than the run limit',
    'failed: run-limit',
    () => seenRunning().looks(LIMITS.runLimitS, both('RUNNING')),
  ],
];

describe('the verdict on a client', () => {
  test.each(OF_A_CLIENT)('%s: %s', (_, verdict, story) => expect(story().verdict('c1')).toBe(verdict));
});

describe('a client’s own start limit: RUNNING, and no sign of life', () => {
  const pendingClient = (startLimitS: number) =>
    new Story({ services: 1, clients: 1, role: { startLimitS } })
      .begin()
      .submit('s1')
      .event('s1', 'started')
      .event('s1', 'ready')
      .submit('c1');
  test.each([
    ['within it', 'none', 40, [5, 40]],
    ['past it', 'failed: no-life', 40, [5, 41]],
    ['it counts from RUNNING, not from the queue', 'none', 40, [5, 40]],
    ['longer than the ten minutes that others have', 'none', 900, [5, 700]],
  ] as const)('%s: %s', (what, verdict, limit, [first, then]) => {
    const story = pendingClient(limit);
    if (what.includes('queue')) story.looks(500, both('PENDING Priority'));
    expect(story.looks(first, both('RUNNING')).looks(then, both('RUNNING')).verdict('c1')).toBe(verdict);
  });
  test('a client that spoke has its run limit instead; the words say the limit', () => {
    const spoke = pendingClient(40)
      .looks(5, both('RUNNING'))
      .event('c1', 'started')
      .looks(60, both('RUNNING'));
    expect(spoke.verdict('c1')).toBe('none');
    const silent = pendingClient(40).looks(5, both('RUNNING')).looks(41, both('RUNNING'));
    expect(silent.facts('c1').verdict).toMatchObject({
      why: 'Slurm says RUNNING, but it gave no sign of life for 40 s',
    });
  });
});

const limited = (role: { runLimitS: number }) =>
  new Story({ services: 1, clients: 0, role }).begin().submit('s1');
const upFor = (runLimitS: number, seconds: number) =>
  limited({ runLimitS })
    .event('s1', 'started')
    .event('s1', 'ready')
    .looks(0, { s1: 'RUNNING' })
    .looks(seconds, { s1: 'RUNNING' });

const OF_A_SERVICE: [string, string, () => Story][] = [
  [
    'starting for longer than the start limit',
    'failed: start-limit',
    () =>
      service()
        .event('s1', 'started')
        .looks(5, { s1: 'RUNNING' })
        .looks(LIMITS.startLimitS, { s1: 'RUNNING' }),
  ],
  [
    'a signal before it was ready: a requeue is awaited',
    'none',
    () => service().event('s1', 'started').event('s1', 'exited', 143).looks(5, { s1: 'COMPLETING' }),
  ],
  [
    'but not for longer than the start limit',
    'failed: start-limit',
    () =>
      service()
        .event('s1', 'started')
        .event('s1', 'exited', 143)
        .looks(5, { s1: 'COMPLETING' })
        .looks(LIMITS.startLimitS, { s1: 'COMPLETING' }),
  ],
  [
    'requeued before it was ready: it goes on',
    'none',
    () => service().event('s1', 'started').event('s1', 'exited', 143).event('s1', 'started', 0, 1),
  ],
  [
    'requeued before it was ready, held in the queue',
    'failed: queue-limit',
    () =>
      service()
        .event('s1', 'started')
        .event('s1', 'exited', 143)
        .looks(5, { s1: 'PENDING' })
        .looks(5, { s1: 'PENDING' })
        .looks(LIMITS.queueLimitS, { s1: 'PENDING' }),
  ],
  [
    'requeued after it was ready',
    'failed: requeued',
    () => service().event('s1', 'started').event('s1', 'ready').event('s1', 'started', 0, 1),
  ],
  [
    'Slurm has not taken it for longer than the queue limit',
    'failed: queue-limit',
    () =>
      new Story({ services: 1, clients: 1 })
        .begin()
        .tell({ type: 'submit-began', role: 's1' })
        .looks(5)
        .looks(LIMITS.queueLimitS + 1),
  ],
  [
    'ended by our release',
    'released',
    () =>
      seenRunning()
        .event('c1', 'exited', 0)
        .event('s1', 'exited', 143)
        .close('s1')
        .looks(5, { s1: 'CANCELLED' }),
  ],
  ['a service up for as long as its own run limit, and no longer', 'none', () => upFor(100, 100)],
  ['up for longer than its own run limit', 'failed: run-limit', () => upFor(100, 101)],
  [
    'the run limit counts from ready, not from its start',
    'none',
    () =>
      limited({ runLimitS: 100 })
        .event('s1', 'started')
        .looks(90, { s1: 'RUNNING' })
        .event('s1', 'ready')
        .looks(90, { s1: 'RUNNING' }),
  ],
  [
    'without a run limit a service is up for as long as Slurm lets it',
    'none',
    () =>
      serviceOnly()
        .event('s1', 'started')
        .event('s1', 'ready')
        .looks(5, { s1: 'RUNNING' })
        .looks(1_000_000, { s1: 'RUNNING' }),
  ],
  [
    'its own run limit passed after its end was told: its end counts',
    'failed: exit',
    () =>
      limited({ runLimitS: 100 })
        .event('s1', 'started')
        .event('s1', 'ready')
        .event('s1', 'exited', 3)
        .looks(500),
  ],
];
describe('the verdict on a service', () => {
  test.each(OF_A_SERVICE)('%s: %s', (_, verdict, story) => expect(story().verdict('s1')).toBe(verdict));
});

describe('a verdict is sticky', () => {
  test('later evidence does not change it', () => {
    const story = seenRunning().event('c1', 'exited', 3).looks(5, both('COMPLETED'));
    expect(story.verdict('c1')).toBe('failed: exit');
  });
  test('but what was judged without its own word is judged again when that comes, and the timeline says so', () => {
    const story = running({ services: 1, clients: 2 })
      .looks(5, both('COMPLETED'))
      .looks(20, both('COMPLETED'));
    expect(story.verdict('c1')).toBe('failed: no-result');
    story.event('c1', 'exited', 0);
    expect(story.verdict('c1')).toBe('succeeded');
    expect(story.notes.at(-1)).toBe('client c1: succeeded');
  });
  test('a refusal, too, when the Slurm job of another delivery ran after all', () => {
    const story = new Story({ services: 1, clients: 1 }).begin();
    story.submit('c1', { is: 'refused', reason: 'no such partition', clean: false });
    expect(story.verdict('c1')).toBe('failed: refused');
    story.event('c1', 'started').event('c1', 'exited', 0).looks(5, both('COMPLETED'));
    expect(story.verdict('c1')).toBe('succeeded');
  });
  test('a window is judged by looks only: other news does not know its length', () => {
    const story = client().looks(5).accounts('c1', 'knows-nothing').looks(15);
    story.clock += 100;
    expect(story.event('s1', 'exited', 0).verdict('c1')).toBe('none');
  });
  test('of several services alone, one that ends well ends the session well', () => {
    const story = serviceOnly().event('s1', 'started').event('s1', 'ready').event('s1', 'exited', 0);
    expect(story.record.ending?.why).toBe('service-ended');
  });
});

describe('a service’s own run limit', () => {
  test('ends a session that has nothing else, and says so', () => {
    const { record } = upFor(100, 101);
    expect(record.ending).toMatchObject({
      why: 'service-ended',
      text: 'service s1: it was up for longer than 100 s',
    });
  });
  test('under a running client it is a service lost', () => {
    const story = new Story({ services: 1, clients: 1, role: { runLimitS: 100 } })
      .begin()
      .submit('s1')
      .event('s1', 'started')
      .event('s1', 'ready')
      .looks(60, { s1: 'RUNNING' })
      .submit('c1')
      .event('c1', 'started')
      .looks(60, both('RUNNING'));
    expect(story.verdict('s1')).toBe('failed: run-limit');
    expect(story.verdict('c1')).toBe('none');
    expect(story.record.ending).toMatchObject({
      why: 'service-lost',
      text: 'service s1 was lost: it was up for longer than 100 s',
    });
  });
});
