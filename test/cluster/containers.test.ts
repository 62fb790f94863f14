import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, type LabWorker, openLab } from '../support/lab.ts';
import { testbedFacts } from '../support/testbed.ts';

const small = { partition: 'cpu', cpus: 1, mem: '500M', time: '5m' };
/** What podman needs on this machine. */
const RUNC = ['--runtime', 'runc', 'run'];

/** Debian's redis from an image, as a service that stays until it is cancelled. */
const redis = (container: object, resources: object = {}) =>
  JSON.stringify({
    version: 1,
    service: {
      type: 'container',
      command: 'redis-server',
      args: ['--port', '$SBENCH_PORT', '--bind', '0.0.0.0', '--protected-mode', 'no', '--save', ''],
      ports: 'auto',
      container,
      resources: { ...small, ...resources },
    },
  });

describe('containers on the cluster', () => {
  let lab: Lab;
  let first: LabWorker;
  const { images } = testbedFacts();
  const node = { nodelist: 'node1' };
  const service = async (id: string) => {
    const { roles } = await lab.untilRecord(
      id,
      'is ready',
      (record) => record.roles.s1?.ready !== undefined || record.ending !== undefined,
    );
    return { host: roles.s1?.started?.event.host, port: roles.s1?.ready?.event.port };
  };
  const log = (id: string) => lab.onLogin(`cat .sbench/v1/${lab.installation}/sessions/${id}/1/s1.out`);

  beforeAll(async () => {
    lab = await openLab();
    first = lab.startWorker();
  });
  afterAll(() => {
    lab?.onLogin(
      `rm -rf gate-${lab.installation} made-${lab.installation} .sbench/cache/*/*${lab.installation}*`,
    );
    return lab?.close();
  });

  it.concurrent('charliecloud and podman serve from an image, side by side on one node, and leave nothing', async () => {
    const folder = { runtime: 'charliecloud', image_path: images.folder };
    const ids = await Promise.all([
      lab.submit(redis(folder, node)),
      lab.submit(redis({ ...folder, image_path: images.file }, node)),
      lab.submit(redis({ runtime: 'podman', image_path: images.folder, args: RUNC }, node)),
    ]);
    const places = await Promise.all(ids.map(service));
    expect(places.map(({ host }) => host)).toEqual(['node1', 'node1', 'node1']);
    expect(new Set(places.map(({ port }) => port)).size).toBe(3);
    expect(log(ids[0] ?? '')).toContain('Ready to accept connections');
    await Promise.all(ids.map((id) => lab.run('cancel', id)));
    for (const id of ids) {
      expect((await lab.record(id)).state).toBe('succeeded');
      // TERM reached the program itself: it says good-bye.
      expect(log(id)).toContain('bye bye');
    }
    const slurmJob = (await lab.record(ids[2] ?? '')).roles.s1?.submit;
    expect(lab.onLogin(`pgrep -af sb-${slurmJob?.is === 'accepted' ? slurmJob.id : ''}-s1; true`)).toBe('');
  });

  it.concurrent('five sessions and a killed worker: the image they ask for is made once', async () => {
    const gate = `$HOME/gate-${lab.installation}`;
    const build = [
      `echo made >> "$HOME/made-${lab.installation}"`,
      `until [ -e "${gate}" ]; do sleep 0.1; done`,
      `cp ${images.file} "$SBENCH_IMAGE"`,
    ];
    const recipe = redis({ runtime: 'charliecloud', build_commands: build });
    const file = join(lab.folder, 'recipe.yaml');
    writeFileSync(file, recipe);
    const staging = lab.run('stage', file, '--watch', '--key', 'cli');
    const others = Array.from({ length: 3 }, () => lab.submit(recipe, { stage: true }));
    const ids = await Promise.all([lab.submit(recipe), ...others]);
    await Promise.all(
      ids.map((id) => lab.untilRecord(id, 'waits for it', ({ staged }) => staged !== undefined)),
    );
    await first.kill9();
    lab.startWorker();
    lab.onLogin(`touch gate-${lab.installation}`);
    const { status, stdout } = await staging;
    expect(stdout).toMatch(
      /staging +image of build_commands is being made.*\n.*staged +image of build_commands 1\d MB present\n.*ending +everything is there\n.*succeeded/,
    );
    expect(status).toBe(0);
    for (const id of ids.slice(1)) {
      expect(await lab.untilOver(id)).toMatchObject({ kind: 'stage', state: 'succeeded', roles: {} });
    }
    await service(ids[0] ?? '');
    expect(lab.onLogin(`cat made-${lab.installation}`)).toBe('made\n');
  });

  it.concurrent('a Slurm job of the session’s own makes it where the login node must not', async () => {
    const build = [`echo "$SLURM_JOB_NAME" >&2; cp ${images.file} "$SBENCH_IMAGE" # ${lab.installation}`];
    const stage = { where: 'job' as const, resources: { partition: 'cpu', mem: '200M', time: '5m' } };
    const recipe = redis({ runtime: 'charliecloud', build_commands: build });
    const id = await lab.submit(recipe, { cluster: { stage }, stage: true });
    const staged = await lab.untilOver(id);
    expect(staged).toMatchObject({ state: 'succeeded', ending: { why: 'complete' } });
    expect(staged.roles).toMatchObject({ p1: { verdict: { is: 'succeeded' }, released: 'yes' } });
    // The next one finds it, and asks Slurm for nothing but the service.
    const next = await lab.submit(recipe, { cluster: { stage } });
    await service(next);
    expect((await lab.record(next)).roles.p1?.submit).toEqual({ is: 'none' });
  });

  it.concurrent('what is missing is said before Slurm is asked, with what to do', async () => {
    const over = async (container: object, cluster = {}) => {
      const id = await lab.submit(redis(container), { cluster });
      const { ending, roles } = await lab.untilOver(id);
      expect(roles.s1?.submit).toEqual({ is: 'none' });
      return ending?.text;
    };
    expect(await over({ runtime: 'charliecloud', image_path: '/nowhere.sqfs' })).toBe(
      'stage: image missing and no source: /nowhere.sqfs. Copy the image to /nowhere.sqfs, or say where it comes from: container: {docker_source: "docker://…"}.',
    );
    const never = { stage: { where: 'never' as const, resources: {} } };
    expect(await over({ runtime: 'charliecloud', docker_source: 'redis:7' }, never)).toMatch(
      /^stage: image docker:\/\/redis:7 is not on alpha, and stage\.where is never\. Make .* there yourself: ch-image /,
    );
    // Apptainer is not here, and the login node says so.
    const absent = await over({ runtime: 'apptainer', docker_source: 'redis:7' });
    expect(absent).toContain(
      'image docker://redis:7 could not be made on alpha: sbench: apptainer is not in PATH on',
    );
  });

  it.concurrent('a runtime that a Slurm job does not find ends it with what could be done', async () => {
    const image = { runtime: 'apptainer', image_path: images.file };
    const id = await lab.submit(redis(image, { nodelist: 'node1' }));
    const { ending } = await lab.untilOver(id);
    expect(ending?.text).toContain(
      "apptainer is not in a Slurm job's PATH on node1; there is no module command. Set container.module of the cluster",
    );
  });
});
