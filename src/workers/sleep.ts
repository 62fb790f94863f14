import { DelayedError, type Job } from 'bullmq';
import type { Logger } from 'pino';
import { coerceError } from '../shared/errors.ts';
import { ACTIONS, promote } from '../shared/queues.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import { sleepers } from '../shared/redis/sleepers.ts';
import { pause } from './pause.ts';
import type { ServedCluster } from './served-cluster.ts';

/**
 * BullMQ's own delays go by the clock of whichever host looks: one that is an hour ahead would wake its actions again and
 * again, one that is behind would let them lie. So for BullMQ they sleep for a day, and `wakeDue` wakes them.
 */
const FAR_MS = 86_400_000;
const EVERY_MS = 250;

/**
 * Sleeps without using up a try. A wake-up that comes while the action is still active finds nothing to promote, so
 * the record is read once more after the action is asleep: what changed since its decision wakes it itself.
 */
export async function sleep(
  served: ServedCluster,
  job: Job,
  token: string,
  decidedOn: StoredSession | undefined,
  ms: number,
): Promise<never> {
  const now = await sleepers(served.redis, served.name).add(`${job.data.action} ${job.id}`, ms);
  await job.moveToDelayed(now + FAR_MS, token);
  if (decidedOn && (await served.store.wakeNumber(decidedOn.record.id)) !== decidedOn.wake) {
    await promote(served.queues.queue(decidedOn.record.cluster, job.data.action), job.id ?? '');
  }
  throw new DelayedError();
}

/** Wakes what is due, whoever put it to sleep. Returns when `signal` aborts. */
export async function wakeDue(served: ServedCluster, log: Logger, signal: AbortSignal): Promise<void> {
  const all = sleepers(served.redis, served.name);
  while (!signal.aborted) {
    try {
      for (const each of await all.due()) {
        if (await wakes(served, each.name)) await all.forget(each);
      }
    } catch (error) {
      log.warn({ cluster: served.name, err: coerceError(error).message }, 'nobody was woken');
      await pause(1_000, signal);
    }
    await pause(EVERY_MS, signal);
  }
}

/** False: it is on its way to sleep, or at work again; it is looked at once more. */
async function wakes(served: ServedCluster, name: string): Promise<boolean> {
  const [word = '', id = ''] = name.split(' ');
  const action = ACTIONS.find((each) => each === word);
  if (!action) return true;
  const queue = served.queues.queue(served.name, action);
  const job = await queue.getJob(id);
  if (await job?.isActive()) return false;
  await promote(queue, id);
  return true;
}
