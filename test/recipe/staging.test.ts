import { expect, test } from 'vitest';
import { planStagings } from '../../src/producer/plan-staging.ts';
import type { Plan } from '../../src/shared/plan/plan.ts';
import type { ClusterSettings } from '../../src/shared/settings/settings.ts';
import { LOADGEN, planOf, settingsWith } from './fixture.ts';

const container = { docker_source: 'docker://redis:7' };
const service = { type: 'container', command: 'redis-server', ports: 'auto', container };
const CHARLIECLOUD: Partial<ClusterSettings> = {
  container: { runtime: 'charliecloud', args: [] },
  cache: '/cache',
};

const stagings = (recipe: object, cluster: Partial<ClusterSettings> = CHARLIECLOUD): Plan[] =>
  planStagings({
    recipeText: JSON.stringify(recipe),
    file: 'r.yaml',
    settings: settingsWith(cluster),
    version: '0.1.0',
    blobs: { loadgen: LOADGEN },
    preamble: '# the preamble',
  });
const tree = ({ actions }: Plan): string[] => {
  const names: string[] = [];
  for (let node: Plan['actions'] | undefined = actions; node; node = node.children[0])
    names.push(node.action + (node.role ?? ''));
  return names;
};
const whats = (plan: Plan | undefined) =>
  plan?.artifacts?.map((each) => (each.kind === 'made' ? each.what : each.kind));

test('what the whole recipe needs, each thing once, and no Slurm job', () => {
  const client = { type: 'ollama', model: 'tiny', container: { image_path: '/images/lg.sqfs' } };
  const recipe = { service, client };
  const [plan, ...others] = stagings(recipe);
  expect(others).toEqual([]);
  expect(plan).toMatchObject({ kind: 'stage', roles: [] });
  expect(plan && tree(plan)).toEqual(['collect', 'cancel', 'stage']);
  const whole = planOf(recipe, { cluster: CHARLIECLOUD });
  const all = new Set(whole.roles.flatMap(({ artifacts }) => artifacts.map((each) => JSON.stringify(each))));
  expect(new Set(plan?.artifacts?.map((each) => JSON.stringify(each)))).toEqual(all);
  // The same key is not the same work.
  expect(plan?.recipe.sha256).not.toBe(whole.recipe.sha256);
});

test('the Slurm job that makes what is missing stays', () => {
  const stage = { where: 'job' as const, resources: { partition: 'cpu' } };
  const [plan] = stagings({ service }, { ...CHARLIECLOUD, stage });
  expect(plan?.roles).toEqual([expect.objectContaining({ role: 'p1', side: 'stage' })]);
  expect(plan && tree(plan)).toEqual(['collect', 'cancel', 'stage']);
});

test('combinations that need the same are staged once', () => {
  const matrix = { version: ['6', '7'], port: [1, 2] };
  const source = { docker_source: 'docker://redis:$version' };
  const args = ['--port', '$port'];
  const plans = stagings({ matrix, service: { ...service, args, container: source } });
  expect(plans.map(whats)).toEqual([['image docker://redis:6'], ['image docker://redis:7']]);
  expect(plans.map(({ group }) => [group?.index, group?.of])).toEqual([
    [1, 2],
    [2, 2],
  ]);
  const [one, ...others] = stagings({ matrix: { port: [1, 2] }, service: { ...service, args } });
  expect([whats(one), one?.group, others]).toEqual([['image docker://redis:7'], undefined, []]);
});

test('clients alone need no service for it', () => {
  const [plan] = stagings({ client: { type: 'ollama', model: 'tiny' } });
  expect(whats(plan)).toEqual(['node', 'blob']);
});
