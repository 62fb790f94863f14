import { expect, it } from 'vitest';
import { keys } from '../../src/shared/redis/keys.ts';
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

    // Retention: a month later the one removes its own, by hand, and the other's worker its, by itself.
    const folder = (lab: typeof one, id: string) => `.sbench/v1/${lab.installation}/sessions/${id}`;
    const folders = () => one.onLogin('ls -d .sbench/v1/*/sessions/*').split('\n');
    for (const [lab, id] of [
      [one, mine],
      [other, theirs],
    ] as const) {
      const endedAt = Date.now() - 40 * 86_400_000;
      await lab.redis.hset(
        keys.session(id),
        'record',
        JSON.stringify({ ...(await lab.record(id)), endedAt }),
      );
      await lab.redis.zadd(keys.sessions, endedAt, id);
      lab.onLogin(`find ${folder(lab, id)} -exec touch -h -d '40 days ago' {} +`);
    }
    expect(JSON.parse(one.cli('cleanup', '--json').stdout)).toMatchObject({
      removed: false,
      clusters: [{ name: 'beta', sessions: [{ id: mine, state: 'cancelled' }], programs: { count: 0 } }],
    });
    expect(folders()).toContain(folder(one, mine));
    const cleaned = one.cli('cleanup', '--yes', '--json');
    expect(cleaned.status, cleaned.stderr).toBe(0);
    expect(JSON.parse(cleaned.stdout)).toMatchObject({ removed: true, left: [] });
    expect(folders()).not.toContain(folder(one, mine));
    expect(folders()).toContain(folder(one, last));
    expect(folders()).toContain(folder(other, theirs));
    expect(one.cli('status', mine).stderr).toContain('there is no session');

    const tidy = other.startWorker({ SBENCH_RETENTION: '30d' });
    await until('the record is gone', async () => (await other.store.read(theirs)) === undefined);
    expect(folders()).not.toContain(folder(other, theirs));
    expect(folders()).toContain(folder(one, last));
    await until('it says so', () => tidy.log().includes('removed what is past its time'));
  } finally {
    await one.close();
    await other.close();
  }
});
