import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';
import { testbedFacts } from '../support/testbed.ts';

const CPU = { partition: 'cpu', cpus: 1, mem: '300M', time: '5m' };

/** The test cluster has no module system: two lines of `setup` are one, and stand before the runtime is looked for. */
const MODULES =
  'module() { printf "%s\\n" /opt/modules: apptainer/1.3.4 apptainer/1.4.1 gcc/13.2 singularity-ce/4.1; }';

// Of the ten mistakes that everybody makes, those that Slurm, the cluster's files and its nodes tell: word for word
// what `sbench status` shows. The others are in test/cli/ten-mistakes.test.ts.
describe('mistakes that only a cluster can tell', () => {
  let lab: Lab;
  const sessions = new Map<string, Promise<string>>();
  const { images, llm } = testbedFacts();

  const container = (image: object, more: object = {}) =>
    JSON.stringify({
      version: 1,
      service: {
        type: 'container',
        name: 'cache',
        command: 'redis-server',
        container: image,
        resources: CPU,
        ...more,
      },
    });
  const recipes: Record<string, () => string> = {
    account: () => ollamaRecipe({ service: { resources: { ...CPU, account: 'reserch' } } }),
    partition: () => ollamaRecipe({ service: { resources: { ...CPU, partition: 'gpuu' } } }),
    image: () => container({ runtime: 'charliecloud', image_path: '/project/images/redis.sqfs' }),
    died: () =>
      ollamaRecipe({
        service: {
          command: '/bin/sh',
          args: [
            '-c',
            'echo loading weights; echo "cannot open /models/tiny.gguf: No space left on device" >&2; exit 3',
          ],
        },
      }),
    // Of Ollama itself the model is looked for before anything is asked of Slurm.
    model: () =>
      ollamaRecipe({ service: { command: 'ollama', model: 'tinny', container: { runtime: 'none' } } }),
    runtime: () => container({ runtime: 'apptainer', image_path: images.file }, { setup: [MODULES] }),
  };

  beforeAll(async () => {
    lab = await openLab();
    lab.startWorker();
    for (const [name, recipe] of Object.entries(recipes)) {
      const stage = { where: 'never' as const, resources: {} };
      const cluster = name === 'model' ? { stage } : {};
      sessions.set(name, lab.submit(recipe(), { cluster }));
    }
  });
  afterAll(() => lab?.close());

  /** What a person reads when it is over, with what differs from run to run under its name. */
  async function said(name: string): Promise<string> {
    const id = (await sessions.get(name)) ?? '';
    await lab.untilOver(id);
    const { status, stdout, stderr } = await lab.run('status', id);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return (
      stdout
        .replaceAll(id, 'ID')
        .replaceAll(lab.folder, 'HERE')
        .replaceAll(llm.root, 'LLM')
        .replaceAll(images.file, 'IMAGE')
        .replace(/^(workers|created|ended|cost) .*\n/gm, '')
        .replace(/^(s1 .*ended {2})\d+ */gm, '$1NUMBER  ')
        // Bash's own, of a helper that was told to end in the moment of its birth: only sometimes.
        .replace(/^.*wait_for: No record of process.*\n/gm, '')
        .replace(/IMAGE [0-9]+ MB/, 'IMAGE SIZE')
        .replace(/\bnode\d\b/g, 'NODE')
        .replace(/ +$/gm, '')
    );
  }

  it('a wrong account: yours are listed', async () => {
    expect(await said('account')).toMatchInlineSnapshot(`
      "session  ID test
      state    failed: service ollama failed: Slurm refused it: Batch job submission failed: Invalid account or account/partition combination specified. Check resources.account and resources.partition. There is no account 'reserch' for you. Did you mean 'research'? Your accounts here are: research. The partitions here are: cpu, gpu.
      cluster  alpha
      results  HERE/results/ID

      ROLE  NAME    PHASE  SLURM JOB  NODE  WHY
      s1    ollama  ended                   failed: Slurm refused it: Batch job submission failed: Invalid account or account/partition combination specified. Check resources.account and resources.partition. There is no account 'reserch' for you. Did you mean 'research'? Your accounts here are: research. The partitions here are: cpu, gpu.
      c1    ollama  ended                   skipped
      "
    `);
  });
  it('no such partition: those there are', async () => {
    expect(await said('partition')).toMatchInlineSnapshot(`
      "session  ID test
      state    failed: service ollama failed: Slurm refused it: invalid partition specified: gpuu; Batch job submission failed: Invalid partition name specified. Check resources.partition. There is no partition 'gpuu' for you. Did you mean 'gpu'? The partitions here are: cpu, gpu.
      cluster  alpha
      results  HERE/results/ID

      ROLE  NAME    PHASE  SLURM JOB  NODE  WHY
      s1    ollama  ended                   failed: Slurm refused it: invalid partition specified: gpuu; Batch job submission failed: Invalid partition name specified. Check resources.partition. There is no partition 'gpuu' for you. Did you mean 'gpu'? The partitions here are: cpu, gpu.
      c1    ollama  ended                   skipped
      "
    `);
  });
  it('an image that is missing, and no source', async () => {
    expect(await said('image')).toMatchInlineSnapshot(`
      "session  ID recipe
      state    failed: stage: image missing and no source: /project/images/redis.sqfs. Copy the image to /project/images/redis.sqfs, or say where it comes from: container: {docker_source: "docker://…"}.
      cluster  alpha
      results  HERE/results/ID

      ROLE  NAME   PHASE  SLURM JOB  NODE  WHY
      s1    cache  ended                   skipped
      "
    `);
  });
  it('a model that is missing: where it was looked for, and how it comes there', async () => {
    expect(await said('model')).toMatchInlineSnapshot(`
      "session  ID test
      state    failed: stage: model tinny is not on alpha, and stage.where is never: LLM/models has no model. Where there is a network: ollama pull tinny; then copy ~/.ollama/models/ to LLM/models on the cluster.
      cluster  alpha
      results  HERE/results/ID

      ROLE  NAME    PHASE  SLURM JOB  NODE  WHY
      s1    ollama  ended                   skipped
      c1    ollama  ended                   skipped
      "
    `);
  });
  it('a service that died before it was ready: exit code, last words, where the log is', async () => {
    expect(await said('died')).toMatchInlineSnapshot(`
      "session  ID test
      state    failed: service ollama failed: the service ended with exit code 3
      cluster  alpha
      results  HERE/results/ID

      ROLE  NAME    PHASE  SLURM JOB  NODE   WHY
      s1    ollama  ended  NUMBER  NODE  failed: the service ended with exit code 3
      c1    ollama  ended                    skipped

      last lines of service ollama; all of them: sbench logs ID s1
        loading weights
        cannot open /models/tiny.gguf: No space left on device
        sbench: the service ended with exit code 3
      "
    `);
  });
  it('a runtime that is not in a Slurm job’s PATH: what modules there are', async () => {
    expect(await said('runtime')).toMatchInlineSnapshot(`
      "session  ID recipe
      state    failed: service cache: apptainer is not in a Slurm job's PATH on NODE; 'module avail' offers: apptainer/1.3.4 apptainer/1.4.1 singularity-ce/4.1. Set container.module of the cluster
      cluster  alpha
      staged   image IMAGE SIZE present
      results  HERE/results/ID

      ROLE  NAME   PHASE  SLURM JOB  NODE   WHY
      s1    cache  ended  NUMBER  NODE  failed: apptainer is not in a Slurm job's PATH on NODE; 'module avail' offers: apptainer/1.3.4 apptainer/1.4.1 singularity-ce/4.1. Set container.module of the cluster
      "
    `);
  });
});
