import type { Logger } from 'pino';
import { coerceError } from '../shared/errors.ts';
import { actionId } from '../shared/queues.ts';
import { keys } from '../shared/redis/keys.ts';
import { takeLease } from '../shared/redis/lease.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import { redisNowMs } from '../shared/redis/sleepers.ts';
import { isOver } from '../shared/session/record.ts';
import { pause } from './pause.ts';
import type { ServedCluster } from './served-cluster.ts';

const EVERY_MS = 10_000;
/** A producer that is between its record and its flow needs no help yet. */
const YOUNG_MS = 5_000;

/** What should be and is not: a session that a crash left without actions goes on. Returns when `signal` aborts. */
export async function reconcile(served: ServedCluster, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const lease = await takeLease(served.redis, keys.reconciler(served.name), EVERY_MS * 3);
      if (lease) {
        const { sessions, unreadable } = await served.store.readAll(await served.store.open(served.name));
        if (unreadable.length > 0)
          log.warn({ unreadable }, 'sessions that a newer sbench wrote: it has to serve them');
        for (const session of sessions) if (!isOver(session.record)) await mend(served, session, log);
        await lease.yield();
      }
    } catch (error) {
      log.warn({ cluster: served.name, err: coerceError(error).message }, 'reconcile failed');
    }
    await pause(EVERY_MS, signal);
  }
}

async function mend(served: ServedCluster, { record, plan }: StoredSession, log: Logger): Promise<void> {
  const queue = served.queues.queue(record.cluster, plan.actions.action);
  const root = await queue.getJob(actionId(record.id, record.attempt, plan.actions));
  if (!root) {
    // The producer's clock may be ahead: adding a flow twice does nothing, never adding it would.
    const ageMs = (await redisNowMs(served.redis)) - record.createdAt;
    if (ageMs >= 0 && ageMs < YOUNG_MS) return;
    log.warn({ session: record.id }, 'the session had no actions: adding its flow');
    await served.queues.addFlow(record, plan);
  }
  if (record.state === 'planned') {
    await served.store.apply(record.id, { type: 'enqueued', ...(await served.cluster.stamp()) });
  }
  // Its last action is over, and the session is not: Redis lost the end of the record.
  if (root && ((await root.isCompleted()) || (await root.isFailed())))
    await addEnd(served, { record, plan }, log);
}

async function addEnd(
  served: ServedCluster,
  { record, plan }: Pick<StoredSession, 'record' | 'plan'>,
  log: Logger,
) {
  const queue = served.queues.queue(record.cluster, plan.actions.action);
  for (let generation = 1; generation < 100; generation++) {
    const job = await queue.getJob(actionId(record.id, record.attempt, plan.actions, generation));
    if (job && !(await job.isCompleted()) && !(await job.isFailed())) return;
    if (job) continue;
    log.warn(
      { session: record.id, generation },
      'the session has not ended, but its actions have: ending it again',
    );
    await served.queues.addEnd(record, plan, generation);
    return;
  }
}
