import { clusterStore } from '../shared/redis/cluster-store.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import type { ProducerDeps } from './connect-producer.ts';

/** Puts a planned attempt into the queues. Deterministic ids make adding the same flow again do nothing. */
export async function addFlow(
  { redis, store, queues }: ProducerDeps,
  { record, plan }: Pick<StoredSession, 'record' | 'plan'>,
): Promise<void> {
  await queues.addFlow(record, plan);
  const stamp = await clusterStore(redis, record.cluster).stamp();
  await store.apply(record.id, { type: 'enqueued', ...stamp });
}
