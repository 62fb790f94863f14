import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readBreaker } from '../../src/shared/cluster/breaker.ts';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { ollamaRecipe } from '../support/recipes.ts';
import { testbedFacts } from '../support/testbed.ts';
import { until } from '../support/until.ts';

const recorded = (lab: Lab, extra: string[] = []): string =>
  ollamaRecipe({ serviceSetup: [lab.ledgerLine], clientSetup: [lab.ledgerLine, ...extra] });

describe.concurrent('a second cluster, without accounting', () => {
  it('goes away for a while: the first does not notice, and its own words are believed afterwards', async ({
    expect,
  }) => {
    const { beta } = testbedFacts();
    const proxy = await FaultProxy.listen({ target: { host: beta.host, port: beta.port } });
    const lab = await openLab({
      clusters: ['beta', 'alpha'],
      via: { host: '127.0.0.1', port: proxy.port },
    });
    try {
      lab.placeNode();
      const worker = lab.startWorker();
      // The client waits for our sign, so that it runs, and ends, while nobody watches it.
      const sign = `"$HOME/sign-${lab.installation}"`;
      const away = await lab.submit(recorded(lab, [`until [ -e ${sign} ]; do sleep 0.1; done`]));
      await lab.untilRecord(away, 'has its client running', ({ roles }) => roles.c1?.started !== undefined);
      await proxy.down();
      lab.onLogin(`touch ${sign}`);
      const near = await lab.submit(recorded(lab), { set: ['cluster=alpha'] });

      const record = await lab.untilOver(near);
      expect(record).toMatchObject({
        state: 'succeeded',
        cluster: 'alpha',
        results: { c1: { status: 'ok' } },
      });
      expect((await lab.record(away)).state).toBe('running');
      expect(await readBreaker(lab.redis, 'alpha')).toBeUndefined();
      await until('the trouble with beta is known', () => readBreaker(lab.redis, 'beta'));
      expect((await clusterStore(lab.redis, 'alpha').counts()).handshakes).toBe(1);

      // MinJobAge of beta is seconds: whoever comes back late finds nothing in squeue, and there is no sacct.
      const jobs = () => lab.onLogin(`squeue -a --me -t all -h -o %j`);
      await until('Slurm has forgotten the client', () => !jobs().includes(`-${away}-1-c1`));
      await proxy.up();
      const resumed = await lab.run('cluster', 'resume', 'beta', '--json');
      expect(JSON.parse(resumed.stdout)).toMatchObject({ cluster: 'beta', was: { needsPerson: false } });

      const late = await lab.untilOver(away);
      expect(late).toMatchObject({ state: 'succeeded', attempt: 1, results: { c1: { status: 'ok' } } });
      expect(late.roles.c1?.accounting?.is).toBe('absent');
      expect(late.roles.c1?.verdict).toMatchObject({
        is: 'succeeded',
        note: expect.stringContaining("Slurm's last word is missing"),
      });
      for (const id of [near, away]) expect(lab.effects(id)).toEqual(['c1', 's1']);
      expect(lab.liveSlurmJobs()).toEqual([]);
      expect(worker.log()).toContain('"observing"');
      lab.onLogin(`rm -f ${sign}`);
    } finally {
      await lab.close();
      await Promise.race([proxy.close(), pause(2_000)]);
    }
  });

  it.each([
    ['/usr/bin/tcsh', 'hpccsh', '.cshrc', 'echo Welcome to beta; setenv CDPATH /tmp'],
    ['/usr/bin/fish', 'hpcfish', '.config/fish/config.fish', 'echo Welcome to beta; set -gx CDPATH /tmp'],
  ])('serves an account whose login shell is %s and says good day', async (shell, user, file, text) => {
    const lab = await openLab({ clusters: ['beta'], user });
    try {
      lab.onLogin(`mkdir -p .config/fish; printf '%s\\n' '${text}' >${file}`);
      expect(lab.onLogin('echo $SHELL')).toBe(`Welcome to beta\n${shell}\n`);
      lab.placeNode();
      lab.startWorker();
      const id = await lab.submit(recorded(lab));
      const record = await lab.untilOver(id);
      expect(record).toMatchObject({ state: 'succeeded', results: { c1: { status: 'ok' } } });
      expect(lab.effects(id)).toEqual(['c1', 's1']);
      expect((await lab.run('logs', id, 's1')).stdout).toContain('Listening on');
      expect(lab.liveSlurmJobs()).toEqual([]);
    } finally {
      lab.onLogin(`rm -f ${file}`);
      await lab.close();
    }
  });
});
