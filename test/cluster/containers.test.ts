import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { testbedFacts } from '../support/testbed.ts';

const small = { partition: 'cpu', cpus: 1, mem: '1G', time: '5m' };

/** A redis of an image, asked by a program of the same image. */
function redisRecipe(container: object, { set = {}, client = {} }: { set?: object; client?: object } = {}) {
  return JSON.stringify({
    version: 1,
    name: 'contained',
    service: {
      type: 'container',
      command: 'redis-server',
      args: ['--port', '$SBENCH_PORT', '--bind', '0.0.0.0', '--protected-mode', 'no', '--save', ''],
      ports: 'auto',
      container,
      resources: small,
      ...set,
    },
    ...client,
  });
}

describe('containers', () => {
  let lab: Lab;
  const { images } = testbedFacts();
  beforeAll(async () => {
    lab = await openLab();
    lab.startWorker();
  });
  afterAll(() => lab?.close());

  it('charliecloud: an image of Debian’s redis serves', async () => {
    const id = await lab.submit(redisRecipe({ runtime: 'charliecloud', image_path: images.folder }));
    await lab.untilRecord(id, 'is ready', (record) => record.roles.s1?.ready !== undefined);
    await lab.run('cancel', id);
    const over = await lab.untilOver(id);
    expect(over.state).toBe('succeeded');
  });
});
