import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { silence } from '../shared/cluster/silence.ts';
import { coerceError, SbenchError } from '../shared/errors.ts';
import { keys } from '../shared/redis/keys.ts';
import { type Lease, takeLease } from '../shared/redis/lease.ts';
import { readConfig } from '../shared/slurm/remote/ask-queue.ts';
import { applySpool } from './apply-spool.ts';
import { askAccounting } from './ask-accounting.ts';
import { lookOnce } from './look-once.ts';
import { openStream } from './open-stream.ts';
import { pause } from './pause.ts';
import type { ServedCluster } from './served-cluster.ts';

const LEASE_MS = 12_000;
const SHORTEST_INTERVAL_S = 5;
const LONGEST_INTERVAL_S = 30;
const LONGEST_ALIVE_S = 60;

/**
 * One observer per cluster and installation, whichever worker holds the lease. Returns when `signal` aborts. What it
 * sees goes into the records at once: nobody has to be awake for a service's end to be noticed.
 */
export async function observe(served: ServedCluster, log: Logger, signal: AbortSignal): Promise<void> {
  let said = '';
  while (!signal.aborted) {
    try {
      if ((await served.store.open(served.name)).length > 0) await observeWhileNeeded(served, log, signal);
      said = '';
    } catch (error) {
      const { message } = coerceError(error);
      if (message !== said) log.warn({ cluster: served.name, err: message }, 'observer stopped');
      said = message;
      if (error instanceof SbenchError && error.waitMs) await pause(Math.min(error.waitMs, 30_000), signal);
    }
    await pause(1_000, signal);
  }
}

async function observeWhileNeeded(served: ServedCluster, log: Logger, signal: AbortSignal): Promise<void> {
  const lease = await takeLease(served.redis, keys.observer(served.name), LEASE_MS);
  if (!lease) return;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  // A renewal that fails (Redis is full, or a replica now) ends the observation, not the process.
  const keeper = keepLease(lease, either)
    .catch((error) => log.warn({ err: coerceError(error).message }, 'the lease could not be renewed'))
    .finally(() => stop.abort());
  try {
    await watchCluster(served, lease, log, either);
  } finally {
    // A failing observer gives its lease up, so that another host tries.
    stop.abort();
    await keeper;
    await lease.yield().catch(() => undefined);
  }
}

async function keepLease(lease: Lease, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (!(await lease.renew())) return;
    await pause(LEASE_MS / 4, signal);
  }
}

async function watchCluster(
  served: ServedCluster,
  lease: Lease,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  if (!(await served.cluster.times()).known) await served.cluster.saveTimes(await readConfig(served.link));
  let soon = true;
  const aliveS = await aliveIntervalS(served);
  const stream = await openStream(served, aliveS, async (files, observedS, acknowledge) => {
    const { acknowledged, exited } = await applySpool(served, lease, files, observedS);
    // Raised last: a crash before this leaves the cluster's epoch behind ours, and the files where they are.
    if (acknowledged.length > 0) acknowledge(await served.cluster.raiseEpoch(), acknowledged);
    if (exited) soon = true;
  });
  const close = () => stream.close();
  signal.addEventListener('abort', close, { once: true });
  await served.cluster.note({ observer: `${hostname()}:${process.pid}` });
  log.info({ cluster: served.name }, 'observing');
  const controller = silence(served.redis, served.name, 'controller');
  const accounting = inBackground(() => askAccounting(served, lease), log);
  try {
    let due = 0;
    let releasing = false;
    while (!signal.aborted && !stream.ended()) {
      if ((await served.store.open(served.name)).length === 0) return;
      if (await served.redis.getdel(keys.lookSoon(served.name))) soon = true;
      if (soon || performance.now() >= due) {
        soon = false;
        const quietMs = await controller.leftMs();
        if (quietMs > 0) {
          // Whatever is wanted soon: a controller that does not answer is not asked more often for it.
          due = performance.now() + quietMs;
          continue;
        }
        const interval = await intervalS(served, releasing);
        const seen = await lookOnce(served, lease, stream, interval, log);
        if (seen) {
          releasing = seen.releasing;
          // A database that hangs holds an answer back for most of a minute: the looks go on meanwhile.
          accounting.start();
        }
        // A session came whose services expect us more often.
        if ((await aliveIntervalS(served)) < aliveS) return;
        due = performance.now() + (await intervalS(served, releasing || !seen)) * 1_000;
        await pause(1_000, signal);
      }
      await pause(200, signal);
    }
    if (stream.failure()) throw stream.failure();
  } finally {
    signal.removeEventListener('abort', close);
    stream.close();
  }
}

/** One at a time; what goes wrong is said, and tried again with the next look. */
function inBackground(work: () => Promise<void>, log: Logger) {
  let busy = false;
  return {
    start() {
      if (busy) return;
      busy = true;
      void work()
        .catch((error) => log.warn({ err: coerceError(error).message }, 'accounting was not asked'))
        .finally(() => {
          busy = false;
        });
    },
  };
}

/** Often enough to see an ended Slurm job before the controller forgets it, and never noisy. */
async function intervalS(served: ServedCluster, releasing: boolean): Promise<number> {
  const { minJobAgeS } = await served.cluster.times();
  if (releasing) return SHORTEST_INTERVAL_S;
  // MinJobAge 0: the controller never forgets.
  const wanted = minJobAgeS === 0 ? LONGEST_INTERVAL_S : minJobAgeS / 3;
  return Math.max(SHORTEST_INTERVAL_S, Math.min(LONGEST_INTERVAL_S, wanted));
}

/** Once a minute; more often for services whose dead-man timer is short, so that none takes us for dead. */
async function aliveIntervalS(served: ServedCluster): Promise<number> {
  const { sessions } = await served.store.readAll(await served.store.open(served.name));
  const shortest = Math.min(LONGEST_ALIVE_S * 6, ...sessions.map(({ plan }) => plan.deadManS));
  return Math.max(1, Math.floor(shortest / 6));
}
