import { FlowProducer, type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { type ActionName, type ActionNode, actionName, type Plan, roleName } from './plan/plan.ts';
import { QUEUE_PREFIX } from './redis/keys.ts';
import { sleepers } from './redis/sleepers.ts';
import { retryPolicy } from './retry-policy.ts';
import { isOver, type SessionRecord } from './session/record.ts';

export const ACTIONS = actionName.options;

/** A worker may serve some clusters only, and Bull Board groups by the dot. */
export const queueName = (cluster: string, action: ActionName): string => `${cluster}.${action}`;

/** What an action carries: the record has everything else. Kept in clear text in Redis, so never a secret. */
export const actionPayload = z.object({
  v: z.literal(1),
  session: z.string(),
  attempt: z.number().int(),
  action: actionName,
  role: roleName.optional(),
  /** Set while a worker is at it: found set at a start, the worker before has died. */
  atWork: z.boolean().optional(),
  /** How often it has failed with an error that may pass: counted here, because BullMQ's pauses go by a host's clock. */
  tries: z.number().int().optional(),
});
export type ActionPayload = z.infer<typeof actionPayload>;

/** Deterministic, so that adding the same flow again is a no-op. `generation`: reconcile's second go at an end. */
export function actionId(session: string, attempt: number, node: ActionNode, generation = 0): string {
  const tail = generation === 0 ? '' : `.r${generation}`;
  return `${session}.${attempt}.${node.action}${node.role ? `.${node.role}` : ''}${tail}`;
}

export interface Queues {
  queue(cluster: string, action: ActionName): Queue;
  addFlow(record: SessionRecord, plan: Plan): Promise<void>;
  /** The release and the collection once more, for a session whose own have gone. */
  addEnd(record: SessionRecord, plan: Plan, generation: number): Promise<void>;
  wake(record: SessionRecord, plan: Plan): Promise<void>;
  /** The cluster answers again: what sleeps on it goes on, spread over two seconds. */
  wakeCluster(cluster: string): Promise<void>;
  close(): Promise<void>;
}

export function queues(redis: Redis): Queues {
  const made = new Map<string, Queue>();
  const flows = new FlowProducer({ connection: redis, prefix: QUEUE_PREFIX });
  flows.on('error', () => {});

  function queue(cluster: string, action: ActionName): Queue {
    const name = queueName(cluster, action);
    let found = made.get(name);
    if (!found) {
      found = new Queue(name, { connection: redis, prefix: QUEUE_PREFIX });
      // Redis being away is reported where the work fails; without a listener the process would end.
      found.on('error', () => {});
      made.set(name, found);
    }
    return found;
  }

  function flow(record: SessionRecord, node: ActionNode, generation = 0): Parameters<FlowProducer['add']>[0] {
    const payload: ActionPayload = {
      v: 1,
      session: record.id,
      attempt: record.attempt,
      action: node.action,
      ...(node.role === undefined ? {} : { role: node.role }),
    };
    const options: JobsOptions = {
      jobId: actionId(record.id, record.attempt, node, generation),
      ...retryPolicy(node.action),
    };
    return {
      name: `${record.name}${node.role ? ` ${node.role}` : ''}`,
      queueName: queueName(record.cluster, node.action),
      data: payload,
      opts: options,
      children: node.children.map((child) => flow(record, child, generation)),
    };
  }

  return {
    queue,
    async addFlow(record, plan) {
      await flows.add(flow(record, plan.actions));
    },
    async addEnd(record, plan, generation) {
      const release = plan.actions.children.map((child) => ({ ...child, children: [] }));
      await flows.add(flow(record, { ...plan.actions, children: release }, generation));
    },
    async wake(record, plan) {
      if (isOver(record)) return;
      // Clients of other sessions that use its services: they hear of its end before they notice it.
      const poll = queue(record.cluster, 'poll-status');
      for (const user of Object.keys(record.users ?? {})) await promote(poll, user);
      await Promise.all(
        nodes(plan.actions).map((node) =>
          promote(queue(record.cluster, node.action), actionId(record.id, record.attempt, node)),
        ),
      );
    },
    async wakeCluster(cluster) {
      await sleepers(redis, cluster).hurry(2_000);
    },
    async close() {
      await Promise.all([...made.values()].map((each) => each.close()));
      await flows.close();
    },
  };
}

export const nodes = (node: ActionNode): ActionNode[] => [node, ...node.children.flatMap(nodes)];

/** Ends an action's sleep. One that is not asleep needs none: it re-reads the record before it sleeps. */
export async function promote(queue: Queue, id: string): Promise<void> {
  const job = await queue.getJob(id);
  if (!job || !(await job.isDelayed())) return;
  await job.promote().catch(() => {
    // It woke by itself between the two calls.
  });
}
