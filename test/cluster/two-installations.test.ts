import { expect, it } from 'vitest';
import { openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';
import { until } from '../support/until.ts';

// One account, one workdir, two Redis: whatever the one does, the other does not notice.
it('two installations on one account never touch each other', async () => {
  const [one, other] = await Promise.all([openLab({ clusters: ['beta'] }), openLab({ clusters: ['beta'] })]);
  try {
    expect(one.installation).not.toBe(other.installation);
    for (const lab of [one, other]) {
      lab.placeNode();
      lab.startWorker();
    }
    const recipe = (lab: typeof one, line: string) =>
      ollamaRecipe({ serviceSetup: [lab.ledgerLine], clientSetup: [lab.ledgerLine, line] });
    const sign = `"$HOME/sign-${other.installation}"`;
    const [mine, theirs] = await Promise.all([
      one.submit(recipe(one, 'sleep 600')),
      other.submit(recipe(other, `until [ -e ${sign} ]; do sleep 0.1; done`)),
    ]);
    await Promise.all([
      one.untilRecord(mine, 'has its client running', ({ roles }) => roles.c1?.started !== undefined),
      other.untilRecord(theirs, 'has its client running', ({ roles }) => roles.c1?.started !== undefined),
    ]);
    const before = other.liveSlurmJobs();
    expect(before).toHaveLength(2);
    // A stray of its own name, which no session knows: reconcile ends that one, and only that one.
    one.onLogin(
      `sbatch -J sb-${one.installation}-200101-strays-1-s1 -o /dev/null --mem=100 --wrap 'sleep 600' >/dev/null`,
    );

    const cancelled = await one.run('cancel', '--all', '--json');
    expect(cancelled.status, cancelled.stderr).toBe(0);
    expect(await one.untilOver(mine)).toMatchObject({ state: 'cancelled' });
    // While something is tracked its observer looks, and ends the stray.
    const last = await one.submit(ollamaRecipe());
    await until('the stray is gone', () => !one.liveSlurmJobs().some((job) => job.includes('-strays-')));
    expect(await one.untilOver(last)).toMatchObject({ state: 'succeeded' });

    expect(other.liveSlurmJobs()).toEqual(before);
    expect((await other.record(theirs)).ending).toBeUndefined();
    other.onLogin(`touch ${sign}`);
    expect(await other.untilOver(theirs)).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      results: { c1: { status: 'ok' } },
    });
    expect(other.effects(theirs)).toEqual(['c1', 's1']);
    other.onLogin(`rm -f ${sign}`);
  } finally {
    await one.close();
    await other.close();
  }
});
