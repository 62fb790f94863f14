import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { stringify } from 'yaml';
import { loadLoadgen } from '../../src/producer/load-loadgen.ts';
import { planSession } from '../../src/producer/plan-session.ts';
import { openLink } from '../../src/shared/cluster/open-link.ts';
import { sshTargetOf } from '../../src/shared/cluster/ssh-target-of.ts';
import { newSessionId, slurmJobName } from '../../src/shared/ids.ts';
import { installationId } from '../../src/shared/redis/cluster-store.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { loadSettings } from '../../src/shared/settings/load-settings.ts';
import type { Settings } from '../../src/shared/settings/settings.ts';
import { prepareAttempt } from '../../src/shared/slurm/remote/put-files.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { startRedis } from '../support/redis.ts';
import type { ClusterFacts } from '../support/testbed.ts';
import { deliver, MISHAPS, type Mishap } from './deliver.ts';
import type { Given } from './given.ts';
import { judgeSubmits, type Submitted } from './judge-submits.ts';
import { CLUSTERS, type ClusterName } from './plan-chaos.ts';
import { type Random, random } from './random.ts';
import { prepareSite, type Site } from './site.ts';

/** Submissions under way at a time, on each cluster. */
const LANES = 5;
/** The controller hangs for so long, after so long; longer than MessageTimeout, so that sbatch gives up. Seconds. */
const HANGS_S = 7;
const HANGS_AFTER_S = [40, 70] as const;
const TO_FINISH_S = 300;

/** Submissions whose answers are lost, in every way at every byte: each must become one Slurm job that acts. */
export async function ambiguousSubmits(given: Given, plan: { submits: number; seed: number }) {
  const facts = await given.setUp();
  const folder = mkdtempSync(join(tmpdir(), 'sbench-chaos-'));
  const redisServer = await startRedis();
  const redis = await connectRedis(redisServer.url, 'ask');
  const sites = {} as Record<ClusterName, Site>;
  try {
    const installation = await installationId(redis);
    for (const name of CLUSTERS) sites[name] = await prepareSite(facts[name], installation);
    return await overSites(given, plan, { folder, redis, installation, sites });
  } finally {
    for (const name of CLUSTERS) await sites[name]?.remove();
    redis.disconnect();
    await redisServer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Surroundings {
  folder: string;
  redis: Redis;
  installation: string;
  sites: Record<ClusterName, Site>;
}

async function overSites(given: Given, plan: { submits: number; seed: number }, at: Surroundings) {
  const start = performance.now();
  const bag = (Object.keys(MISHAPS) as Mishap[]).flatMap((name) => Array<Mishap>(MISHAPS[name]).fill(name));
  const mishaps: Partial<Record<Mishap, number>> = {};
  let next = 0;
  let deliveries = 0;
  let hung = 0;
  const frozen: Record<ClusterName, number> = { gamma: 0, delta: 0 };
  const submitted: Record<ClusterName, Submitted[]> = { gamma: [], delta: [] };

  const lane = async (cluster: ClusterName, dice: Random) => {
    const way = await openWay(at, cluster);
    try {
      while (next < plan.submits) {
        next++;
        if (next % 50 === 0) given.log(`${next} of ${plan.submits} submissions are under way or over`);
        const session = newSessionId();
        const place = { link: way.link, session, attempt: 1, counted: async () => {} };
        await untilAnswered(() => prepareAttempt(place, []));
        const mishap = dice.of(bag);
        mishaps[mishap] = (mishaps[mishap] ?? 0) + 1;
        const before = frozen[cluster];
        const { told, deliveries: times } = await deliver(place, way.role, {
          proxy: way.proxy,
          mishap,
          dice,
        });
        deliveries += times;
        // Odd: it hung when we began; another number than then: it began to hang meanwhile.
        if (before % 2 === 1 || frozen[cluster] !== before) hung++;
        submitted[cluster].push({ name: slurmJobName(at.installation, session, 1, way.role.role), told });
      }
    } finally {
      await way.close();
    }
  };

  const over = new AbortController();
  const hanging = CLUSTERS.map((cluster, index) =>
    hangNowAndThen(given, cluster, random(plan.seed ^ (0xa11 + index)), over.signal, () => frozen[cluster]++),
  );
  const lanes = CLUSTERS.flatMap((cluster, index) =>
    Array.from({ length: LANES }, (_, number) =>
      lane(cluster, random(plan.seed ^ (0x1a9e + index * LANES + number))),
    ),
  );
  await Promise.all(lanes).finally(() => over.abort());
  await Promise.all(hanging);

  const counts = { duplicated: 0, lost: 0, twins: 0 };
  for (const cluster of CLUSTERS) {
    const site = at.sites[cluster];
    for (let second = 0; (await site.queue()).length > 0 && second < TO_FINISH_S; second++)
      await pause(1_000);
    const judged = judgeSubmits(submitted[cluster], await site.ledger(), await site.slurm());
    for (const line of judged.findings) given.log(line);
    for (const what of Object.keys(counts) as (keyof typeof counts)[]) counts[what] += judged.counts[what];
  }
  const submits = CLUSTERS.reduce((sum, cluster) => sum + submitted[cluster].length, 0);
  return {
    ok: counts.duplicated === 0 && counts.lost === 0 && submits === plan.submits,
    seed: plan.seed,
    submits,
    ...counts,
    deliveries,
    hung,
    mishaps,
    wallS: Math.round((performance.now() - start) / 100) / 10,
  };
}

/** A connection of its own to the cluster, through a proxy of its own, and what is submitted over it. */
async function openWay({ folder, redis, installation, sites }: Surroundings, cluster: ClusterName) {
  const { facts, folder: siteFolder } = sites[cluster];
  const proxy = await FaultProxy.listen({ target: { host: facts.host, port: facts.port } });
  const settings = settingsFor(folder, cluster, facts, proxy.port);
  const own = settings.clusters[cluster];
  if (!own) throw new Error(`there is no cluster ${cluster} in a configuration that is ours`);
  // Beside the breaker: it would spare the cluster what this is here to do.
  const link = openLink({ settings: own, redis, installation, besideBreaker: true });
  const role = await planned(settings, siteFolder);
  return {
    proxy,
    link,
    role,
    async close() {
      await link.close();
      await proxy.close();
    },
  };
}

function settingsFor(folder: string, cluster: ClusterName, facts: ClusterFacts, port: number): Settings {
  const known = join(folder, `known_hosts_${port}`);
  const [, ...hostKey] = readFileSync(facts.knownHosts, 'utf8').trim().split(/\s+/);
  writeFileSync(known, `[127.0.0.1]:${port} ${hostKey.join(' ')}\n`);
  const config = join(folder, `${port}.yaml`);
  const one = {
    hostname: '127.0.0.1',
    port,
    username: facts.user,
    key_filename: facts.key,
    known_hosts: known,
  };
  writeFileSync(config, stringify({ clusters: { [cluster]: one } }));
  return loadSettings({ config, cwd: folder, env: {}, home: folder });
}

/** A service that writes in the ledger that it began and that it ended, and nothing else. */
async function planned(settings: Settings, siteFolder: string) {
  const loadgen = await loadLoadgen();
  const plan = planSession({
    recipeText: stringify({
      version: 1,
      name: 'ambiguous',
      service: {
        type: 'container',
        command: '/bin/sh',
        args: [`${siteFolder}/role.sh`, 'work', '0', '0'],
        container: { runtime: 'none' },
        resources: { partition: 'cpu', cpus: 1, mem: '50M', time: '5m' },
      },
    }),
    file: 'ambiguous',
    settings,
    version: 'chaos',
    blobs: { loadgen: { sha256: loadgen.sha256, bytes: loadgen.bytes } },
    resolveTarget: sshTargetOf,
  });
  const [role] = plan.roles;
  if (!role) throw new Error('a recipe with one service has no role');
  return role;
}

/** What only makes ready is asked until it is answered. */
async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (tries >= 100) throw error;
      await pause(200);
    }
  }
}

async function hangNowAndThen(
  given: Given,
  cluster: ClusterName,
  dice: Random,
  over: AbortSignal,
  count: () => void,
): Promise<void> {
  for (;;) {
    await pause(dice.between(...HANGS_AFTER_S) * 1_000, undefined, { signal: over }).catch(() => {});
    if (over.aborted) return;
    count();
    await given.testbed(cluster, 'controller.sh', 'freeze', 'slurmctld');
    try {
      await pause(HANGS_S * 1_000);
    } finally {
      await given.testbed(cluster, 'controller.sh', 'thaw', 'slurmctld');
      count();
    }
  }
}
