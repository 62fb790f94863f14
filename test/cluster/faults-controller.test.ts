import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';
import { testbedFacts, testbedScript } from '../support/testbed.ts';
import { momentOf, submitting } from '../support/worker-moments.ts';

// All tests share one controller: while this file freezes it, every squeue and sbatch of the others waits and fails
// after MessageTimeout. It has to run alone.
afterEach(() => testbedScript('controller.sh', 'thaw'));

test('the controller hangs during both submissions, and takes them when it wakes up', async () => {
  const lab = await openLab();
  try {
    lab.startWorker();
    const setup = [lab.ledgerLine];
    const id = await lab.submit(ollamaRecipe({ serviceSetup: setup, clientSetup: setup }));
    for (const role of ['s1', 'c1']) {
      await momentOf(lab, id, `${role} is being submitted`, submitting(role));
      freezeController();
      // Longer than sbatch waits (MessageTimeout, 5 s), so that it ends with no answer at all.
      await pause(8_000);
      expect(submitting(role)(await lab.record(id))).toBe(true);
      testbedScript('controller.sh', 'thaw');
    }
    const record = await lab.untilOver(id);
    expect(record, JSON.stringify(await lab.timeline(id))).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      results: { c1: { status: 'ok' } },
    });
    expect(lab.effects(id)).toEqual(['c1', 's1']);
    expect(lab.liveSlurmJobs()).toEqual([]);
  } finally {
    await lab.close();
  }
});

/** At once: the script takes longer than an sbatch. */
function freezeController(): void {
  const [pid] = readFileSync(`${testbedFacts().cluster.state}/pids/slurmctld`, 'utf8').split(' ');
  process.kill(Number(pid), 'SIGSTOP');
}
