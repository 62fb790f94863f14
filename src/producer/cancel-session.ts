import { clusterStore } from '../shared/redis/cluster-store.ts';
import type { SessionRecord } from '../shared/session/record.ts';
import type { ProducerDeps } from './connect-producer.ts';
import { noSession } from './find-session.ts';

/**
 * Asks for the end of a session. Its Slurm jobs are gone when the record is over, not before.
 * @returns the record as it is now; one that was over stays as it was.
 */
export async function requestCancel(
  { redis, store }: ProducerDeps,
  id: string,
  text: string,
): Promise<SessionRecord> {
  const session = await store.read(id);
  if (!session) throw noSession(id);
  const stamp = await clusterStore(redis, session.record.cluster).stamp();
  const applied = await store.apply(id, { type: 'cancel-requested', text, ...stamp });
  return (applied ?? session).record;
}
