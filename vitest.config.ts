import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      // Needs nothing but Node.js.
      {
        test: {
          name: 'fast',
          include: [
            'test/{recipe,loadgen,report,result,session,slurm,workers}/**/*.test.ts',
            'test/ssh/{known-hosts,ssh-target,fault-proxy}.test.ts',
          ],
          testTimeout: 60_000,
        },
      },
      // Needs Debian packages: a Redis server, sshd.
      {
        test: {
          name: 'machine',
          include: ['test/{ssh,cli,redis}/**/*.test.ts'],
          exclude: ['test/ssh/{known-hosts,ssh-target,fault-proxy}.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // Needs root: the whole Slurm cluster. Sessions share four nodes and two cores, so a few files at a time.
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          exclude: ['test/cluster/*-controller.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
          maxWorkers: 4,
        },
      },
      // A frozen controller fails everybody's commands: alone, after the others.
      {
        test: {
          name: 'controller',
          include: ['test/cluster/*-controller.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
          maxWorkers: 1,
        },
      },
    ],
  },
});
