import { UsageError } from '../shared/errors.ts';
import { newSessionId } from '../shared/ids.ts';
import type { ClusterPlan, Plan } from '../shared/plan/plan.ts';
import { clusterStore } from '../shared/redis/cluster-store.ts';
import { keys } from '../shared/redis/keys.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import { newRecord } from '../shared/session/record.ts';
import { addFlow } from './add-flow.ts';
import type { ProducerDeps } from './connect-producer.ts';

export interface BlobData {
  sha256: string;
  data: Buffer;
}

export interface Enqueued {
  id: string;
  /** False: the key was given before, with the same recipe, and this is its session. */
  created: boolean;
}

/**
 * Record first, then the flow: reconcile finishes what a crash between the two leaves. The same key with the same
 * recipe is the same session, so whoever got no answer may simply ask again.
 * @throws UsageError when the key belongs to another recipe, or the cluster's name to another place.
 */
export async function enqueueSession(
  deps: ProducerDeps,
  plan: Plan,
  { key, blobs }: { key?: string; blobs: readonly BlobData[] },
): Promise<Enqueued> {
  const { redis, store } = deps;
  checkKey(key);
  await clusterStore(redis, plan.cluster.name).register(definition(plan.cluster));
  for (const { sha256, data } of blobs) await redis.set(keys.blob(sha256), data, 'NX');

  const given = { key, recipeSha256: plan.recipe.sha256, createdAt: Date.now() };
  const record = newRecord(newSessionId(), plan, given);
  const stored = await store.create(record, plan);
  const created = stored.id === record.id;
  const session = await store.read(stored.id);
  if (!session) throw new UsageError(`the key '${key}' belongs to session ${stored.id}, which is gone`);
  if (!created) sameWork(session, plan, key ?? '');
  if (session.record.state === 'planned') await addFlow(deps, session);
  return { id: stored.id, created };
}

function sameWork({ record }: StoredSession, plan: Plan, key: string): void {
  const other =
    record.recipeSha256 !== plan.recipe.sha256
      ? 'with another recipe'
      : record.cluster !== plan.cluster.name
        ? `on cluster ${record.cluster}`
        : undefined;
  if (other === undefined) return;
  throw new UsageError(
    `the key '${key}' was given before, ${other}: session ${record.id}`,
    'Use another key; one key is one piece of work.',
  );
}

function checkKey(key: string | undefined): void {
  if (key === undefined || /^[^\p{Cc}]{1,200}$/u.test(key)) return;
  throw new UsageError('a key has 1 to 200 characters and no control characters');
}

const definition = ({ username, hostname, port, workdir }: ClusterPlan): string =>
  `${username}@${hostname}:${port}:${workdir}`;
