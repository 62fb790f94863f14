import { expect, test } from 'vitest';
import { slurmSaysText } from '../../src/cli/slurm-says.ts';
import { readTrial } from '../../src/shared/slurm/remote/test-only.ts';

// Every text was seen on a real Slurm 22.05.
test.each([
  [
    0,
    'sbatch: Job 531 to start at 1795471388 using 1 processors on nodes node1 in partition cpu',
    { is: 'would-start', atS: 1795471388 },
  ],
  [0, '', { is: 'would-start', atS: undefined }],
  [
    1,
    'sbatch: error: invalid partition specified: nope\nallocation failure: Invalid partition name specified',
    {
      is: 'refused',
      reason:
        'invalid partition specified: nope; allocation failure: Invalid partition name specified. Check resources.partition.',
    },
  ],
  [
    1,
    'allocation failure: Requested node configuration is not available',
    { is: 'refused', reason: expect.stringContaining('No node of the partition has so much') },
  ],
  [
    1,
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\nallocation failure: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    { is: 'limit', reason: expect.stringContaining('QOSMaxSubmitJobPerUserLimit') },
  ],
  [
    255,
    'sbatch: unrecognized option \'--frob\'\nTry "sbatch --help" for more information',
    { is: 'refused', reason: expect.stringContaining("unrecognized option '--frob'") },
  ],
  [
    1,
    'allocation failure: Unable to contact slurm controller (connect failure)',
    { is: 'unanswered', reason: 'allocation failure: Unable to contact slurm controller (connect failure)' },
  ],
  [124, '', { is: 'unanswered', reason: 'sbatch gave no answer within 60 s' }],
])('sbatch --test-only, exit code %i: %s', (code, said, trial) => {
  expect(readTrial(code, said)).toEqual(trial);
});

test('the answers in words', () => {
  const now = new Date(2026, 10, 23, 12, 0);
  const wouldStartAt = new Date(2026, 10, 24, 9, 5).toISOString();
  const text = slurmSaysText(
    [
      {
        cluster: 'a',
        asked: true,
        trials: [
          { role: 's1', name: 'ollama', sessions: [1, 2], is: 'would-start', wouldStartAt },
          { role: 'c1', name: 'load', sessions: [2], is: 'refused', reason: 'no such thing' },
        ],
      },
      { cluster: 'b', asked: false, why: 'nobody \u001b[31mthere', hint: 'Look.' },
    ],
    2,
    now,
  );
  expect(text).toBe(`Slurm on a, asked by 'sbatch --test-only'; nothing was submitted:
  s1 ollama: would start 09:05 tomorrow, an estimate
  c1 load of #2: refused: no such thing
Slurm on b was not asked: nobody there
  Look.`);
});
