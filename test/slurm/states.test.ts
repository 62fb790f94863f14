import { describe, expect, test } from 'vitest';
import { readState } from '../../src/shared/slurm/states.ts';

const OF_THE_MANUAL = {
  waiting: 'PENDING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT EXPEDITING',
  live: 'CONFIGURING RUNNING RESIZING SIGNALING STAGE_OUT STOPPED SUSPENDED UPDATE_DB POWER_UP_NODE',
  ending: 'COMPLETING',
  ended:
    'COMPLETED BOOT_FAIL CANCELLED DEADLINE FAILED LAUNCH_FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED RECONFIG_FAIL REVOKED TIMEOUT',
};

describe('every state of the manual', () => {
  for (const [life, words] of Object.entries(OF_THE_MANUAL)) {
    test.each(words.split(' '))(`%s is ${life}`, (word) => expect(readState(word)).toEqual({ word, life }));
  }
});

test.each([
  ['CANCELLED by 1001', { word: 'CANCELLED', life: 'ended', uid: 1001 }],
  ['CANCELLED+', { word: 'CANCELLED', life: 'ended' }],
  ['CANCELLED+ by 0', { word: 'CANCELLED', life: 'ended', uid: 0 }],
  [' RUNNING ', { word: 'RUNNING', life: 'live' }],
])('%j is read with what follows it', (text, state) => expect(readState(text)).toEqual(state));

test.each(['MELTED', '', 'completed', 'CANCELLED by root', 'toString', '__proto__', 'CONSTRUCTOR'])(
  '%j is kept, and never taken for an end',
  (text) => expect(readState(text)).toEqual({ word: text, life: 'unknown' }),
);

test('a word without end is cut', () => expect(readState('X Y'.repeat(100)).word).toHaveLength(60));
