import { setTimeout as pause } from 'node:timers/promises';
import type { PlannedFault } from '../plan-chaos.ts';
import type { ChaosWorker } from '../workers.ts';
import { held, type Injection, picked, type World } from './injection.ts';

/** The worker that observes a cluster now; when nobody does, any. */
async function observer({ at }: World, fault: PlannedFault): Promise<ChaosWorker> {
  const pid = (await at.noted(fault.cluster))?.observer?.split(':').at(-1);
  return at.workers.find((worker) => String(worker.pid()) === pid) ?? picked(at.workers, fault);
}

const killed = async (workers: ChaosWorker[], fault: PlannedFault, signal: NodeJS.Signals = 'SIGKILL') => {
  await Promise.all(workers.map((worker) => worker.end(signal)));
  await held(fault);
  for (const worker of workers) worker.start();
};

/** Longer than its locks and leases last, so that another has taken over when it goes on. */
const frozen = async (worker: ChaosWorker, fault: PlannedFault) => {
  worker.signal('SIGSTOP');
  await held(fault);
  worker.signal('SIGCONT');
};

/** As to a Redis on another continent. */
const FAR_MS = 120;

/** A host with too much to do: it runs for a moment, and then for longer not, as long as the plan says. */
const STOPPED_MS = 250;
const RUNS_MS = 40;
const stuttering = async (workers: ChaosWorker[], { forS }: PlannedFault) => {
  const until = performance.now() + forS * 1_000;
  while (performance.now() < until) {
    for (const worker of workers) worker.signal('SIGSTOP');
    await pause(STOPPED_MS);
    for (const worker of workers) worker.signal('SIGCONT');
    await pause(RUNS_MS);
  }
};

/** Redis and the workers. */
export const homeFaults = {
  'redis-kill': async ({ at }, fault) => {
    await at.redis.kill9();
    await held(fault);
    await at.redis.restart();
  },
  'redis-freeze': async ({ at }, fault) => {
    at.redis.freeze();
    await held(fault);
    at.redis.thaw();
  },
  'redis-far': async ({ at }, fault) => {
    at.way.delayMs = FAR_MS;
    await held(fault);
    at.way.delayMs = 0;
  },
  'worker-kill': ({ at }, fault) => killed([picked(at.workers, fault)], fault),
  'worker-drain': ({ at }, fault) => killed([picked(at.workers, fault)], fault, 'SIGTERM'),
  'worker-freeze': ({ at }, fault) => frozen(picked(at.workers, fault), fault),
  // Not the one that brings the news: what changes while the others are in the middle of something must not pass them by.
  'worker-stutter': async (world, fault) => {
    const observing = await observer(world, fault);
    await stuttering(
      world.at.workers.filter((worker) => worker !== observing),
      fault,
    );
  },
  'worker-clock': async ({ at }, fault) => {
    const worker = picked(at.workers, fault);
    // An hour ahead, or behind.
    worker.setClock((fault.pick * 1_000) % 1 < 0.5 ? 3_600 : -3_600);
    await held(fault);
    worker.setClock(0);
  },
  'observer-kill': async (world, fault) => killed([await observer(world, fault)], fault),
  'observer-freeze': async (world, fault) => frozen(await observer(world, fault), fault),
  'all-kill': async ({ at }, fault) => {
    await Promise.all([at.redis.kill9(), ...at.workers.map((worker) => worker.end())]);
    await held(fault);
    await at.redis.restart();
    for (const worker of at.workers) worker.start();
  },
} as const satisfies Record<string, Injection>;
