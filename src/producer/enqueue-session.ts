import { UsageError } from '../shared/errors.ts';
import { isGroupId, newSessionId } from '../shared/ids.ts';
import type { ClusterPlan, Plan } from '../shared/plan/plan.ts';
import { clusterStore } from '../shared/redis/cluster-store.ts';
import { keys } from '../shared/redis/keys.ts';
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

export interface EnqueueGiven {
  key?: string;
  blobs: readonly BlobData[];
}

/**
 * Record first, then the flow: reconcile finishes what a crash between the two leaves. The same key with the same
 * recipe is the same session, so whoever got no answer may simply ask again.
 * @throws UsageError when the key belongs to another recipe, or the cluster's name to another place.
 */
export async function enqueueSession(
  deps: ProducerDeps,
  plan: Plan,
  { key, blobs }: EnqueueGiven,
): Promise<Enqueued> {
  checkKey(key);
  await prepare(deps, [plan], blobs);
  return enqueue(deps, plan, { key });
}

/** What the sessions of a recipe stand on: clusters that are what they were, and the blobs. */
export async function prepare({ redis }: ProducerDeps, plans: readonly Plan[], blobs: readonly BlobData[]) {
  const clusters = new Map(plans.map(({ cluster }) => [cluster.name, cluster]));
  for (const cluster of clusters.values())
    await clusterStore(redis, cluster.name).register(definition(cluster));
  for (const { sha256, data } of blobs) await redis.set(keys.blob(sha256), data, 'NX');
}

/** One session, of its own or in a group; everything it stands on is there. */
export async function enqueue(
  deps: ProducerDeps,
  plan: Plan,
  { key, group }: { key?: string; group?: string },
): Promise<Enqueued> {
  const { store } = deps;
  const given = { key, group, recipeSha256: plan.recipe.sha256, createdAt: Date.now() };
  const record = newRecord(newSessionId(), plan, given);
  const stored = await store.create(record, plan);
  const created = stored.id === record.id;
  if (stored.recipeSha256 !== plan.recipe.sha256) throw otherWork(key, 'with another recipe', stored.id);
  const session = await store.read(stored.id);
  if (!session) throw new UsageError(`the key '${key}' belongs to session ${stored.id}, which is gone`);
  if (session.record.cluster !== plan.cluster.name) {
    throw otherWork(key, `on cluster ${session.record.cluster}`, stored.id);
  }
  if (session.record.state === 'planned') await addFlow(deps, session);
  return { id: stored.id, created };
}

export function otherWork(key: string | undefined, how: string, id: string): UsageError {
  return new UsageError(
    `the key '${key}' was given before, ${how}: ${isGroupId(id) ? 'group' : 'session'} ${id}`,
    'Use another key; one key is one piece of work.',
  );
}

export function checkKey(key: string | undefined): void {
  if (key === undefined || /^[^\p{Cc}]{1,200}$/u.test(key)) return;
  throw new UsageError('a key has 1 to 200 characters and no control characters');
}

const definition = ({ username, hostname, port, workdir }: ClusterPlan): string =>
  `${username}@${hostname}:${port}:${workdir}`;
