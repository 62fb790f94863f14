import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { testbedFacts } from '../support/testbed.ts';

const SCALE = fileURLToPath(new URL('../../scripts/scale.mjs', import.meta.url));

it('workers on three hosts: one is killed, one joins, one is drained, and every Slurm job ran once', async () => {
  const env = { ...process.env, SBENCH_TESTBED_FACTS: JSON.stringify(testbedFacts()) };
  const words = [SCALE, '--sessions', '8', '--workers', '3', '--json'];
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, words, { env }, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
  expect(summary, stderr).toMatchObject({
    ok: true,
    states: { succeeded: 8 },
    killed: true,
    joined: true,
    drainExit: 0,
    notExactlyOnce: [],
    slurmJobsLeft: [],
    // Of a session that another host collected: brought from the cluster.
    resultsFromCluster: true,
    // One a worker, however many sessions.
    handshakes: 3,
  });
}, 170_000);
