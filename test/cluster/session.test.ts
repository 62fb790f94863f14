import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import { sessionProvenance } from '../../src/shared/result/provenance.ts';
import { resultSchema } from '../../src/shared/result/result.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

// The whole product as a person uses it: one worker process, one `submit --watch`, a real cluster.
describe('a session through the command line', () => {
  let lab: Lab;
  let recipe: string;
  let watched: Awaited<ReturnType<Lab['run']>>;
  let id: string;

  beforeAll(async () => {
    lab = await openLab();
    recipe = join(lab.folder, 'recipe.yaml');
    const cpu = { partition: 'cpu', cpus: 1, mem: '1G', time: '5m' };
    const text = ollamaRecipe({
      serviceSetup: [lab.ledgerLine],
      clientSetup: [lab.ledgerLine],
      service: { resources: { ...cpu, nodelist: 'node1' } },
      client: { resources: { ...cpu, exclude: 'node1' } },
    });
    writeFileSync(recipe, text);
    lab.startWorker();
    watched = await lab.run('submit', recipe, '--key', 'nightly-1', '--watch', '--json');
    id = JSON.parse(watched.stdout.trim().split('\n').at(-1) ?? '{}').id;
  });
  afterAll(() => lab?.close());

  it('succeeds, tells its story line by line and the session last', () => {
    expect(watched.stderr).toContain(id);
    expect(watched.status).toBe(0);
    const lines = watched.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({
      id,
      state: 'succeeded',
      roles: { s1: { released: 'yes' }, c1: { released: 'yes' } },
    });
    const story = lines.slice(0, -1).map(({ what, role }) => `${what}${role ? ` ${role}` : ''}`);
    const chapters = [
      'pending s1',
      'starting s1',
      'ready s1',
      'pending c1',
      'running c1',
      'leaving c1',
      'ending',
      'succeeded',
    ];
    expect(story.filter((line) => chapters.includes(line))).toEqual(chapters);
  });

  it('measured: tokens came over the network from another node', async () => {
    const { roles, results } = await lab.record(id);
    const [service, client] = [roles.s1?.started?.event.host, roles.c1?.started?.event.host];
    expect(service).toBe('node1');
    expect(client).toMatch(/^node[234]$/);
    const result = resultSchema.parse(results.c1);
    expect(result.status).toBe('ok');
    expect(result.points[0]?.requests).toBe(5);
    expect(result.points[0]?.outputTokens).toBeGreaterThan(0);
  });

  it('had exactly one effect a role, and left no Slurm job', async () => {
    expect(lab.effects(id)).toEqual(['c1', 's1']);
    expect(lab.liveSlurmJobs()).toEqual([]);
    const { roles } = await lab.record(id);
    expect(roles.c1?.submit).toMatchObject({ is: 'accepted' });
    // What Slurm itself keeps: the client ended by itself, the service was released.
    expect(lab.accounted(slurmJobOf(roles.c1))).toBe('COMPLETED 0:0');
    expect(lab.accounted(slurmJobOf(roles.s1))).toMatch(/^CANCELLED/);
  });

  it('says where its numbers come from: node, Slurm job, server, and what the node did meanwhile', async () => {
    const { provenance } = await lab.record(id);
    const [service, client] = [provenance?.s1, provenance?.c1];
    expect(service?.nodes[0]).toMatchObject({ host: 'node1', environment: { SLURM_JOB_PARTITION: 'cpu' } });
    expect(service?.nodes[0]?.cpu.threads).toBeGreaterThan(0);
    expect(client?.nodes).toHaveLength(1);
    expect(service?.slurm).toMatchObject({
      state: expect.stringMatching(/^CANCELLED/),
      partition: 'cpu',
      nodes: 'node1',
    });
    expect(client?.slurm).toMatchObject({
      state: 'COMPLETED',
      exitCode: '0:0',
      tres: expect.stringContaining('cpu=1'),
    });
    expect(client?.slurm?.ended).toBeGreaterThanOrEqual(client?.slurm?.started ?? Number.POSITIVE_INFINITY);
    expect(Object.keys(service?.server ?? {})).not.toEqual([]);
    const folder = join(lab.folder, 'results', id);
    const whole = sessionProvenance.parse(JSON.parse(readFileSync(join(folder, 'provenance.json'), 'utf8')));
    expect(whole.roles.c1).toMatchObject(client ?? {});
    const samples = readFileSync(join(folder, 'results/s1/system/telemetry.csv'), 'utf8').trim().split('\n');
    // One a second: a service that is needed for two seconds may have but one.
    expect(samples.length).toBeGreaterThan(1);
    expect(samples[1]).toMatch(/^\d+\.\d{3},\d+\.\d{3},\d+,\d+\.\d{3},\d+\.\d{3},[\d.]*,\d*$/);
  });

  it('left a results folder that says all of it', async () => {
    const folder = join(lab.folder, 'results', id);
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    expect(JSON.parse(read('session.json'))).toEqual(await lab.record(id));
    expect(JSON.parse(read('session.json')).state).toBe('succeeded');
    expect(read('recipe.yaml')).toBe(readFileSync(recipe, 'utf8'));
    expect(JSON.parse(read('plan.json')).roles).toHaveLength(2);
    const listed = read('c1.manifest')
      .trim()
      .split('\n')
      .map((line) => line.split('  ./')[1] ?? line);
    expect(listed).toContain('result.json');
    for (const name of listed) expect(existsSync(join(folder, 'results/c1', name)), name).toBe(true);
    expect(read('logs/s1.out')).toContain('Listening on');
    expect(existsSync(join(folder, 'logs/c1.out'))).toBe(true);
  });

  it('cost few commands and one login', async () => {
    const own = await lab.store.counts(id);
    expect((own.commands ?? 0) + (own.transfers ?? 0)).toBeLessThanOrEqual(12);
    const { handshakes } = await clusterStore(lab.redis, lab.cluster.name).counts();
    expect(handshakes).toBe(1);
  });

  it('is the same session when its key comes again', async () => {
    const again = await lab.run('submit', recipe, '--key', 'nightly-1', '--json');
    expect(JSON.parse(again.stdout).id).toBe(id);
    expect(again.stderr).toContain(id);
    const other = await lab.run(
      'submit',
      recipe,
      '--key',
      'nightly-1',
      '--set',
      'client.parameters.requests=6',
    );
    expect(other.status).toBe(2);
    expect(other.stderr).toContain('another recipe');
    expect(await lab.store.list(10)).toEqual([id]);
  });
});

const slurmJobOf = (facts: { submit: { is: string; id?: number } } | undefined): number =>
  facts?.submit.id ?? 0;
