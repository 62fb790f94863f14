import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterStore, installationId } from '../../src/shared/redis/cluster-store.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { startRedis } from '../support/redis.ts';
import type { ClusterFacts } from '../support/testbed.ts';
import { customer } from './customer.ts';
import { type FarRedis, farRedis } from './far-redis.ts';
import type { Given } from './given.ts';
import { CLUSTERS, type ClusterName } from './plan-chaos.ts';
import { prepareSite, type Site } from './site.ts';
import { type ChaosWorker, startWorkers } from './workers.ts';

/** Everything of ours that is broken: a Redis, workers, and a way to each cluster that somebody stands in. */
export interface Installation {
  folder: string;
  /** sbench's own. */
  config: string;
  id: string;
  workers: ChaosWorker[];
  redis: Awaited<ReturnType<typeof startRedis>>;
  /** How the workers reach it. */
  way: FarRedis;
  proxies: Record<ClusterName, FaultProxy>;
  sites: Record<ClusterName, Site>;
  customer: ReturnType<typeof customer>;
  /** Sessions of a cluster that are not over. */
  open(cluster: ClusterName): number;
  /** Who counts them. */
  countOpen(count: (cluster: ClusterName) => number): void;
  /** What sbench says it saw of a cluster last: for measuring, never for judging. Undefined: Redis is away. */
  noted(cluster: ClusterName): Promise<Record<string, string> | undefined>;
  close(options: { keep: boolean }): Promise<void>;
}

export async function openInstallation(
  given: Given,
  facts: Record<ClusterName, ClusterFacts>,
): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'sbench-chaos-'));
  const redis = await startRedis();
  const way = await farRedis(redis.url, folder);
  const proxies = {} as Record<ClusterName, FaultProxy>;
  const sites = {} as Record<ClusterName, Site>;
  const watching = await connectRedis(redis.url, 'ask');
  watching.options.retryStrategy = () => 200;
  const id = await installationId(watching);
  for (const name of CLUSTERS) {
    const { host, port } = facts[name];
    proxies[name] = await FaultProxy.listen({ target: { host, port } });
    sites[name] = await prepareSite(facts[name], id);
  }
  const config = writeConfiguration(folder, facts, proxies, way.url);
  const workers = startWorkers(given.dist, config, folder, 3);
  const client = customer(config);
  let open = (_: ClusterName) => 0;
  return {
    folder,
    config,
    id,
    workers,
    redis,
    way,
    proxies,
    sites,
    customer: client,
    open: (cluster) => open(cluster),
    countOpen(count) {
      open = count;
    },
    noted: (cluster) =>
      clusterStore(watching, cluster)
        .noted()
        .catch(() => undefined),
    async close({ keep }) {
      for (const worker of workers) await worker.end();
      await client.close();
      watching.disconnect();
      await way.close();
      await redis.stop();
      for (const name of CLUSTERS) {
        await Promise.race([
          proxies[name].close(),
          new Promise((resolve) => setTimeout(resolve, 2_000).unref()),
        ]);
        if (!keep) await sites[name].remove();
      }
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeConfiguration(
  folder: string,
  facts: Record<ClusterName, ClusterFacts>,
  proxies: Record<ClusterName, FaultProxy>,
  redis: string,
): string {
  const clusters = CLUSTERS.map((name) => {
    const { user, key, knownHosts } = facts[name];
    // Behind the proxy the login node has another address, and the same host key.
    const known = join(folder, `known_hosts_${name}`);
    const [, ...hostKey] = readFileSync(knownHosts, 'utf8').trim().split(/\s+/);
    writeFileSync(known, `[127.0.0.1]:${proxies[name].port} ${hostKey.join(' ')}\n`);
    return `  ${name}:
    hostname: 127.0.0.1
    port: ${proxies[name].port}
    username: ${user}
    key_filename: ${key}
    known_hosts: ${known}
`;
  });
  const file = join(folder, 'sbench.config.yaml');
  writeFileSync(
    file,
    `default_cluster: ${CLUSTERS[0]}\nclusters:\n${clusters.join('')}redis: ${redis}\nresults: ${join(folder, 'results')}\n`,
  );
  return file;
}
