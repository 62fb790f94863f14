import { UsageError } from '../shared/errors.ts';
import { isGroupId, newGroupId } from '../shared/ids.ts';
import type { Plan } from '../shared/plan/plan.ts';
import { createGroup, readGroup } from '../shared/redis/group-store.ts';
import type { ProducerDeps } from './connect-producer.ts';
import {
  checkKey,
  type Enqueued,
  type EnqueueGiven,
  enqueue,
  enqueueSession,
  otherWork,
  prepare,
} from './enqueue-session.ts';

export interface EnqueuedAll {
  /** Of a recipe with a matrix or a repeat. */
  group?: string;
  sessions: Enqueued[];
}

/**
 * All sessions of a recipe. With a key the same recipe is the same group, and each of its sessions the same session:
 * whoever was interrupted asks again, and what is missing is added.
 * @throws UsageError when the key belongs to another recipe.
 */
export async function enqueueSessions(
  deps: ProducerDeps,
  plans: readonly Plan[],
  given: EnqueueGiven,
): Promise<EnqueuedAll> {
  const [first] = plans;
  if (!first) throw new Error('a recipe makes at least one session');
  if (!first.group) return { sessions: [await enqueueSession(deps, first, given)] };
  const { key, blobs } = given;
  checkKey(key);
  await prepare(deps, plans, blobs);
  const id = await groupOf(deps, plans, first, key);
  const sessions: Enqueued[] = [];
  for (const plan of plans) sessions.push(await enqueue(deps, plan, { key, group: id }));
  return { group: id, sessions };
}

async function groupOf(
  { redis }: ProducerDeps,
  plans: readonly Plan[],
  first: Plan,
  key: string | undefined,
) {
  const clusters = [...new Set(plans.map(({ cluster }) => cluster.name))].sort();
  const made = {
    v: 1 as const,
    id: newGroupId(),
    name: first.name,
    of: plans.length,
    clusters,
    createdAt: Date.now(),
  };
  const stored = await createGroup(redis, made, first.recipe.sha256, key);
  if (stored.recipeSha256 !== first.recipe.sha256 || !isGroupId(stored.id)) {
    throw otherWork(key, 'with another recipe', stored.id);
  }
  if (stored.id === made.id) return made.id;
  const group = await readGroup(redis, stored.id);
  if (!group) throw new UsageError(`the key '${key}' belongs to group ${stored.id}, which is gone`);
  if (group.clusters.join() !== clusters.join()) {
    throw otherWork(key, `on cluster ${group.clusters.join(', ')}`, stored.id);
  }
  return stored.id;
}
