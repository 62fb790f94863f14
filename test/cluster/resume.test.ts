import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultSchema } from '../../src/shared/result/result.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

// Its client is killed in the middle of a sweep: Slurm's scancel, by the Slurm job's name.
describe('an interrupted sweep', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab();
    lab.startWorker();
  });
  afterAll(() => lab?.close());

  it('goes on after a retry where it was: only what is missing is measured', async () => {
    const parameters = { max_tokens: 8, requests: 30 };
    const id = await lab.submit(ollamaRecipe({ client: { parameters, sweep: { concurrency: [1, 2, 4] } } }));
    await lab.untilRecord(id, 'measures', ({ roles }) => roles.c1?.started !== undefined);
    const attempts = `$HOME/.sbench/v1/${lab.installation}/sessions/${id}`;
    const whole = `grep -q '[12] of 3 points are done' ${attempts}/1/results/c1/result.json`;
    lab.onLogin(
      `timeout 60 sh -c "until ${whole}; do sleep 0.05; done"; scancel --name=sb-${lab.installation}-${id}-1-c1`,
    );
    const { roles } = await lab.untilOver(id);
    expect(roles.c1?.verdict).not.toMatchObject({ is: 'succeeded' });

    const again = await lab.run('retry', id, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ id, attempt: 2 });
    await lab.untilRecord(id, 'is whole', ({ attempt, state }) => attempt === 2 && state === 'succeeded');
    const { points } = resultSchema.parse((await lab.record(id)).results.c1);
    expect(points.map(({ concurrency, requests }) => [concurrency, requests])).toEqual([
      [1, 30],
      [2, 30],
      [4, 30],
    ]);
    expect(points[0]?.earlier).toBeDefined();
    expect(points[2]?.earlier).toBeUndefined();
    const lines = lab.onLogin(`cat ${attempts}/2/results/c1/requests.jsonl`).trim().split('\n');
    const measured = new Set(lines.map((line) => (JSON.parse(line) as { point: number }).point));
    expect([...measured]).toEqual(points.flatMap(({ earlier }, at) => (earlier ? [] : [at + 1])));
  });
});
