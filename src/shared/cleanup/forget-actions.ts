import { actionId, nodes, type Queues } from '../queues.ts';
import type { StoredSession } from '../redis/session-store.ts';

/**
 * Removes the actions of all attempts of a session that is over, parents first: one whose last child disappeared would
 * run. @returns false when a worker is at one of them.
 */
export async function forgetActions(queues: Queues, { record, plan }: StoredSession): Promise<boolean> {
  let all = true;
  for (let attempt = record.attempt; attempt >= 1; attempt--) {
    for (let generation = 0; ; generation++) {
      let found = false;
      for (const node of nodes(plan.actions)) {
        const id = actionId(record.id, attempt, node, generation);
        const queue = queues.queue(record.cluster, node.action);
        if (!(await queue.getJob(id))) continue;
        found = true;
        if ((await queue.remove(id, { removeChildren: false })) !== 1) all = false;
      }
      // Only ends that were repeated have others, one after another.
      if (!found && generation > 0) break;
    }
  }
  return all;
}
