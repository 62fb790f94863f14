import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import { openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';

describe('two workers', () => {
  it('share ten sessions: each runs once, one of the two observes, each logs in once', async () => {
    const lab = await openLab();
    try {
      const workers = [lab.startWorker(), lab.startWorker()];
      const recipe = ollamaRecipe({ serviceSetup: [lab.ledgerLine], clientSetup: [lab.ledgerLine] });
      const ids = await Promise.all(Array.from({ length: 10 }, () => lab.submit(recipe)));
      const watching = watchStreams(lab.installation);
      const records = await Promise.all(ids.map((id) => lab.untilOver(id, 170_000)));
      const streams = watching.stop();

      for (const { state, results } of records) {
        expect(state).toBe('succeeded');
        expect(results.c1).toMatchObject({ status: 'ok' });
      }
      for (const id of ids) expect(lab.effects(id), id).toEqual(['c1', 's1']);
      expect(lab.liveSlurmJobs()).toEqual([]);

      const { handshakes } = await clusterStore(lab.redis, lab.cluster.name).counts();
      expect(handshakes).toBe(workers.length);
      // Seen on the login node itself: never two observers at a time, and one was there.
      expect(streams).toEqual([1]);
      const observers = workers.map((worker) => worker.log().split('"observing"').length - 1);
      expect(observers.sort()).toEqual([0, 1]);
      // Both did their share of the work.
      for (const worker of workers) expect(worker.log()).toContain('worker ready');
      // What the cluster paid for a session when ten share its observer.
      for (const id of ids) {
        const { commands = 0, transfers = 0 } = await lab.store.counts(id);
        expect(commands + transfers).toBeLessThanOrEqual(12);
      }
    } finally {
      await lab.close();
    }
  });
});

/** Counts the streams of an installation that run on the login node, again and again; the numbers that it saw. */
function watchStreams(installation: string) {
  const seen = new Set<number>();
  const timer = setInterval(() => {
    const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
    const found = stdout.split('\n').filter((line) => line.includes(` stream ${installation} `));
    const [pids, parents] = [0, 1].map((column) => found.map((line) => line.trim().split(/ +/)[column]));
    // A shell that forks shows its words twice for a moment.
    const streams = parents?.filter((parent) => !pids?.includes(parent)).length ?? 0;
    if (streams > 0) seen.add(streams);
  }, 250);
  return {
    stop() {
      clearInterval(timer);
      return [...seen];
    },
  };
}
