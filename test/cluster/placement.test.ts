import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultSchema } from '../../src/shared/result/result.ts';
import { hostsIn } from '../../src/shared/slurm/host-list.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

const resources = { partition: 'cpu', cpus: 1, mem: '500M', time: '5m' };

// Clients on one warm service: where nothing is said, beside it, and on two nodes; all at once.
describe('where clients run', () => {
  let lab: Lab;
  let id: string;
  beforeAll(async () => {
    lab = await openLab();
    lab.startWorker();
    const recipe = JSON.parse(
      ollamaRecipe({
        service: { resources: { ...resources, nodelist: 'node1' } },
        clients: [
          { resources, setup: [lab.ledgerLine] },
          { resources, placement: 'service' },
          // All nodes but its service's would not do: the wish is dropped.
          { resources: { ...resources, exclude: 'node[2-4]' } },
          { resources: { ...resources, nodes: 2 }, parameters: { max_tokens: 8, requests: 7 } },
        ],
      }),
    );
    id = await lab.submit(JSON.stringify({ ...recipe, run_clients: 'together' }));
    await lab.untilOver(id);
  });
  afterAll(() => lab?.close());

  const nodes = async (role: string) =>
    hostsIn((await lab.record(id)).roles[role]?.started?.event.nodes ?? '');
  const validity = async (role: string) => resultSchema.parse((await lab.record(id)).results[role]).validity;

  it('all succeed, and were there at the same time', async () => {
    const record = await lab.record(id);
    expect(record, JSON.stringify(record)).toMatchObject({ state: 'succeeded', ending: { why: 'complete' } });
    const story = (await lab.timeline(id)).map(({ what, role }) => `${what} ${role ?? ''}`);
    const submitted = story.map((line, at) => (/^pending c/.test(line) ? at : -1)).filter((at) => at >= 0);
    const firstEnd = story.findIndex((line) => /^leaving c/.test(line));
    expect(submitted.length).toBeGreaterThanOrEqual(4);
    expect(submitted.filter((at) => at < firstEnd).length).toBeGreaterThanOrEqual(4);
  });
  it('apart from the service, unless the recipe or the cluster leaves nothing else; then the result says so', async () => {
    expect(await nodes('s1')).toEqual(['node1']);
    expect(await nodes('c1')).not.toContain('node1');
    expect(await validity('c1')).not.toContain('CLIENT_ON_SERVER_NODE');
    for (const role of ['c2', 'c3']) {
      expect(await nodes(role)).toEqual(['node1']);
      expect(await validity(role)).toContain('CLIENT_ON_SERVER_NODE');
    }
  });
  it('on two nodes: both contribute, and one result tells of both', async () => {
    expect(await nodes('c4')).toHaveLength(2);
    const result = resultSchema.parse((await lab.record(id)).results.c4);
    expect(result.points[0]).toMatchObject({ requests: 14, concurrency: 2 });
    expect(result.generator.host.split(',').sort()).toEqual((await nodes('c4')).sort());
    for (const node of [0, 1]) {
      expect(existsSync(join(lab.folder, 'results', id, `results/c4/node-${node}/requests.jsonl`))).toBe(
        true,
      );
    }
  });
});
