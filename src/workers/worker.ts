import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import pino, { type Logger } from 'pino';
import { openLink } from '../shared/cluster/open-link.ts';
import { definitionOf, sshTargetOf } from '../shared/cluster/ssh-target-of.ts';
import { UsageError } from '../shared/errors.ts';
import { ACTIONS, queueName, queues } from '../shared/queues.ts';
import { clusterStore, installationId } from '../shared/redis/cluster-store.ts';
import { connectRedis, withoutPassword } from '../shared/redis/connect.ts';
import { keys, QUEUE_PREFIX } from '../shared/redis/keys.ts';
import { sessionStore } from '../shared/redis/session-store.ts';
import { redisNowMs } from '../shared/redis/sleepers.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { observe } from './observe.ts';
import { pause } from './pause.ts';
import { reconcile } from './reconcile.ts';
import { retain } from './retain.ts';
import { runAction } from './run-action.ts';
import type { ServedCluster } from './served-cluster.ts';
import { wakeDue } from './sleep.ts';

const HEARTBEAT_MS = 5_000;
/** Most actions wait for an answer or sleep: one process carries many. */
const CONCURRENCY = 50;
/** Shorter than the ten seconds that init systems and Docker give by themselves. */
const DRAIN_S = 8;
const LOOPS_MS = 1_000;
const CLOSE_MS = 2_000;

export interface WorkerOptions {
  clusters?: string[];
  /** Actions at a time, of each kind and cluster. */
  concurrency?: number;
  /** Longest wait for what runs when the end is asked for. */
  drainS?: number;
  /** Touched with each heartbeat that Redis took: what a container's health check looks at. */
  healthFile?: string;
  signal?: AbortSignal;
  log?: Logger;
}

/** How it ended. `cut`: actions that outlasted the drain; another worker takes them over when their locks run out. */
export interface Drained {
  cut: number;
}

export interface RunningWorker {
  closed: Promise<Drained>;
  close(): Promise<Drained>;
}

/** Composition root of a worker process: settings → adapters → BullMQ workers → drain. */
export async function startWorker(
  settings: Settings,
  {
    clusters,
    concurrency = CONCURRENCY,
    drainS = DRAIN_S,
    healthFile,
    signal,
    log = defaultLog(),
  }: WorkerOptions,
): Promise<RunningWorker> {
  const redis = await connectRedis(settings.redis, 'work');
  if (!(await answers(redis, settings.redis, log, signal))) {
    redis.disconnect();
    const nothing = async () => ({ cut: 0 });
    return { closed: nothing(), close: nothing };
  }
  const served = await serve(redis, settings, clusters ?? Object.keys(settings.clusters));
  const stop = new AbortController();
  const atWork = new Set<Job>();
  const consumers = served.clusters.flatMap((cluster) => consumersOf(cluster, concurrency, atWork, log));
  const loops = served.clusters.flatMap((cluster) => [
    observe(cluster, log, stop.signal),
    reconcile(cluster, log, stop.signal),
    retain(cluster, log, stop.signal),
    wakeDue(cluster, log, stop.signal),
    heartbeat(cluster, healthFile, stop.signal),
  ]);
  log.info({ clusters: served.clusters.map(({ name }) => name) }, 'worker ready');

  let closing: Promise<Drained> | undefined;
  const close = () => {
    closing ??= (async () => {
      log.info({ actions: atWork.size }, 'worker drains');
      stop.abort();
      // No new action is taken from here on. BullMQ waits for those that run as long as they take, so we do not.
      const finished = Promise.all(consumers.map((worker) => worker.close()));
      await Promise.race([finished, pause(drainS * 1_000)]);
      const cut = atWork.size;
      if (cut > 0)
        log.warn({ actions: [...atWork].map(({ id }) => id) }, 'worker ends in the middle of these');
      // A hung login node must not hold the process up: what is asked of it is asked again elsewhere.
      await Promise.race([Promise.all(loops), pause(LOOPS_MS)]);
      await Promise.race([served.close(), pause(CLOSE_MS)]);
      return { cut };
    })();
    return closing;
  };
  const closed = new Promise<Drained>((resolve) => {
    const end = () => void close().then(resolve);
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end, { once: true });
  });
  return { closed, close };
}

const defaultLog = () => pino({ base: { pid: process.pid } }, pino.destination({ fd: 2, sync: true }));

/** Hosts start in any order: a worker waits for Redis, and says so. False: it was told to stop meanwhile. */
async function answers(redis: Redis, url: string, log: Logger, signal?: AbortSignal): Promise<boolean> {
  if (redis.status !== 'ready') log.warn(`no Redis answers at ${withoutPassword(url)} yet: waiting for it`);
  while (redis.status !== 'ready' && !signal?.aborted) await pause(200, signal);
  return redis.status === 'ready';
}

async function serve(redis: Redis, settings: Settings, names: string[]) {
  const installation = await installationId(redis);
  const allQueues = queues(redis);
  const store = sessionStore(redis, ({ record, plan }) => allQueues.wake(record, plan));
  const clusters: ServedCluster[] = [];
  for (const name of names) {
    const cluster = settings.clusters[name];
    if (!cluster) throw new UsageError(`there is no cluster ${name} in the configuration`);
    const shared = clusterStore(redis, name);
    await shared.register(definitionOf(cluster, sshTargetOf(cluster)));
    const onReachable = () => allQueues.wakeCluster(name);
    clusters.push({
      name,
      redis,
      link: openLink({ settings: cluster, redis, installation, onReachable }),
      store,
      cluster: shared,
      queues: allQueues,
      resultsFolder: settings.results,
      secretsFolder: settings.secrets,
      retentionS: settings.retentionS,
    });
  }
  if (clusters.length === 0) throw new UsageError('there is no cluster in the configuration to serve');
  return {
    clusters,
    async close() {
      await Promise.all(clusters.map(({ link }) => link.close()));
      await allQueues.close();
      redis.disconnect();
    },
  };
}

function consumersOf(served: ServedCluster, concurrency: number, atWork: Set<Job>, log: Logger): Worker[] {
  const lockMs = Number(process.env.SBENCH_LOCK_MS ?? 15_000);
  return ACTIONS.map((action) => {
    const worker: Worker = new Worker(
      queueName(served.name, action),
      async (job: Job, token?: string) => {
        atWork.add(job);
        try {
          return await runAction(served, job, token ?? '', log);
        } finally {
          atWork.delete(job);
        }
      },
      {
        connection: served.redis,
        prefix: QUEUE_PREFIX,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: lockMs / 2,
        // Stalls are not failures: BullMQ counts them for ever. The record counts deaths without progress.
        maxStalledCount: 1_000_000,
      },
    );
    worker.on('error', (error) => log.debug({ err: error.message }, 'worker error'));
    return worker;
  });
}

async function heartbeat(
  served: ServedCluster,
  healthFile: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const member = `${hostname()}:${process.pid}`;
  while (!signal.aborted) {
    // By the clock of all: a host whose own is wrong is alive, too.
    const beat = redisNowMs(served.redis).then((now) =>
      served.redis.zadd(keys.workers(served.name), now, member),
    );
    await beat
      .then(async () => {
        if (healthFile !== undefined) await writeFile(healthFile, '');
      })
      .catch(() => undefined);
    await pause(HEARTBEAT_MS, signal);
  }
  await served.redis.zrem(keys.workers(served.name), member).catch(() => undefined);
}
