import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  lab.startWorker();
});
afterAll(() => lab?.close());

/** A service-only session ends by its user; clients end these by themselves. */
const matrix = () => {
  const recipe = JSON.parse(
    ollamaRecipe({
      client: { parameters: { max_tokens: '$n', requests: 2 }, setup: [lab.ledgerLine] },
      service: { environment: { OLLAMA_MODELS: '$LLM/models', OLLAMA_NUM_PARALLEL: '$parallel' } },
    }),
  );
  return { ...recipe, matrix: { n: [4, 8], parallel: [1, 2] }, exclude: [{ n: 8, parallel: 1 }] };
};

const write = (name: string, recipe: object): string => {
  const file = join(lab.folder, name);
  writeFileSync(file, JSON.stringify(recipe));
  return file;
};

test('two by two without one: three sessions, each with its own values, and one that Slurm refuses', async () => {
  const file = write('matrix.yaml', matrix());
  const submitted = lab.cli('submit', file, '--key', 'group', '--json');
  expect(submitted.stderr).toBe('');
  const { group, sessions } = JSON.parse(submitted.stdout) as {
    group: string;
    sessions: { id: string; group: { values: object } }[];
  };
  expect(sessions.map((one) => one.group.values)).toEqual([
    { n: 4, parallel: 1 },
    { n: 4, parallel: 2 },
    { n: 8, parallel: 2 },
  ]);

  // Beside them, because it costs nothing: what people get wrong first, and the names that would have been right.
  const { matrix: _, exclude: __, ...plain } = matrix();
  const account = { partition: 'cpu', account: 'nobodys', time: '5m' };
  const wrong = {
    ...plain,
    service: { ...plain.service, environment: {}, resources: account },
    client: { ...plain.client, parameters: { requests: 1 } },
  };
  const refused = lab.cli('submit', write('wrong.yaml', wrong)).stdout.trim();

  const watched = await lab.run('watch', group);
  expect(watched.stdout).toContain(`group ${group} test: 3 sessions, 3 succeeded`);
  expect(watched.status).toBe(0);
  const again = lab.cli('submit', file, '--key', 'group');
  expect(again.stdout.trim()).toBe(group);
  for (const [index, { id }] of sessions.entries()) {
    const { results } = await lab.record(id);
    expect(results.c1).toMatchObject({ status: 'ok', config: { maxTokens: [4, 4, 8][index] } });
    expect(lab.effects(id)).toEqual(['c1']);
  }

  const { roles } = await lab.untilOver(refused);
  const yours = lab.onLogin('sacctmgr -nP show assoc user="$(id -un)" format=Account').trim().split('\n');
  const verdict = roles.s1?.verdict;
  expect(verdict).toMatchObject({ is: 'failed', code: 'refused' });
  expect(JSON.stringify(verdict)).toContain("There is no account 'nobodys' for you.");
  expect(JSON.stringify(verdict)).toContain(
    `Your accounts here are: ${[...new Set(yours)].sort().join(', ')}.`,
  );
  expect(JSON.stringify(verdict)).toContain('The partitions here are: cpu, gpu.');
});
