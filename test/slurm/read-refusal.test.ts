import { describe, expect, test } from 'vitest';
import { readRefusal } from '../../src/shared/slurm/read-refusal.ts';

const failed = (text: string) => `sbatch: error: Batch job submission failed: ${text}\n`;

/** Exactly what a real Slurm 22.05 printed. */
const REFUSED: [string, string][] = [
  ['account', failed('Invalid account or account/partition combination specified')],
  ['qos', failed('Invalid qos specification')],
  [
    'partition',
    `sbatch: error: invalid partition specified: nosuch\n${failed('Invalid partition name specified')}`,
  ],
  [
    'cpus',
    `sbatch: error: CPU count per node can not be satisfied\n${failed('Requested node configuration is not available')}`,
  ],
  [
    'mem',
    `sbatch: error: Memory specification can not be satisfied\n${failed('Requested node configuration is not available')}`,
  ],
  ['gpus', failed('Requested node configuration is not available')],
  ['gres', failed('Invalid generic resource (gres) specification')],
  ['node', failed('Invalid node name specified')],
  ['feature', failed('Invalid feature specification')],
  ['reservation', failed('Requested reservation is invalid')],
  ['licence', failed('Invalid license specification')],
  ['array', failed('Invalid job array specification')],
  ['time', failed('Requested time limit is invalid (missing or exceeds some limit)')],
  ['nodes', failed('Node count specification invalid')],
  ['a script that is too large', failed('Pathname of a file, directory or other parameter too long')],
  [
    'no #!',
    'sbatch: error: This does not look like a batch script.  The first\nsbatch: error: line must start with #! followed by the path to an interpreter.\n',
  ],
  ['an empty script', 'sbatch: error: Batch script is empty!\n'],
  [
    'CRLF',
    'sbatch: error: Batch script contains DOS line breaks (\\r\\n)\nsbatch: error: instead of expected UNIX line breaks (\\n).\n',
  ],
  ['a missing file', 'sbatch: error: Unable to open file /nonexistent.sh\n'],
  ['another cluster', "sbatch: error: No cluster 'nosuch' known by database.\n"],
  ['an option', 'sbatch: unrecognized option \'--bogus=1\'\nTry "sbatch --help" for more information\n'],
  ['--time', 'sbatch: error: Invalid --time specification\n'],
  ['--mem', 'sbatch: error: Invalid --mem specification\n'],
  ['a number that is none', 'sbatch: error: Invalid numeric value "2x" for --cpus-per-task.\n'],
  ['--hint', 'sbatch: error: unrecognized --hint argument "fast", see --hint=help\n'],
  ['--uid', 'sbatch: error: --uid only permitted by root user\n'],
];
const LIMIT =
  'sbatch: error: QOSMaxSubmitJobPerUserLimit\n' +
  failed("Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)");

describe('certainly not accepted, and never will be', () => {
  test.each(REFUSED)('%s', (_, stderr) => {
    const refusal = readRefusal(stderr);
    expect(refusal.is).toBe('refused');
    expect(refusal.reason).not.toMatch(/sbatch:|Try "|\n/);
  });
});

test.each([
  ['a QOS limit', LIMIT],
  ['AssocMaxSubmitJobLimit', failed('AssocMaxSubmitJobLimit')],
  ['a full controller', failed('Slurm temporarily unable to accept job, sleeping and retrying')],
  ['a resource that is short', failed('Resource temporarily unavailable')],
])('%s passes: it is tried again later', (_, stderr) => expect(readRefusal(stderr).is).toBe('limit'));

test.each([
  ['QOSMaxWallDurationPerJobLimit', 'more time than the QOS allows for one Slurm job'],
  ['AssocMaxWallDurationPerJobLimit', 'more time than the account allows for one Slurm job'],
  ['QOSMaxCpuPerJobLimit', 'more CPUs than the QOS allows for one Slurm job'],
  ['QOSMinGRES', 'below the smallest amount of GPUs that the QOS takes'],
])('%s never passes: it is a refusal that says what to ask for', (name, words) => {
  const refusal = readRefusal(LIMIT.replace('QOSMaxSubmitJobPerUserLimit', name));
  expect(refusal).toMatchObject({ is: 'refused', hint: expect.stringContaining(words) });
  expect(refusal.reason).toContain(name);
});

test.each([
  ['a hung controller', failed('Socket timed out on send/recv operation')],
  ['a dead controller', failed('Unable to contact slurm controller (connect failure)')],
  ['a text that nobody has seen', 'sbatch: error: the moon is in the wrong quarter\n'],
  ['nothing at all', ''],
])('after %s it may have been accepted', (_, stderr) => {
  expect(readRefusal(stderr).is).toBe('ambiguous');
  expect(readRefusal(stderr).reason).not.toBe('');
});

test('both lines of a refusal are kept for the reader, and a hint is given', () => {
  expect(readRefusal(REFUSED[2]?.[1] ?? '')).toEqual({
    is: 'refused',
    reason:
      'invalid partition specified: nosuch; Batch job submission failed: Invalid partition name specified',
    hint: 'Check resources.partition.',
  });
});
