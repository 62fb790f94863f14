import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Plan, RolePlan } from '../shared/plan/plan.ts';
import type { Queues } from '../shared/queues.ts';
import type { ClusterStore } from '../shared/redis/cluster-store.ts';
import type { Applied, SessionStore, StoredSession } from '../shared/redis/session-store.ts';
import type { SessionEvent, Stamp } from '../shared/session/events.ts';
import { noFacts, type RoleFacts } from '../shared/session/facts.ts';
import type { SessionRecord } from '../shared/session/record.ts';
import type { Place } from '../shared/slurm/remote/place.ts';

/** What an action came to. Failures are thrown; the wrapper maps them. */
export type Outcome =
  | { done: Record<string, unknown> }
  /** Nothing to do until something happens; `ms` is the longest sleep. */
  | { sleep: string; ms?: number };

export interface Action {
  /** `after-success`: every child returned ok, and the session is not ending. `always`: whatever happened. */
  runs: 'after-success' | 'always';
  run(context: ActionContext): Promise<Outcome>;
}

type WithoutStamp<T> = T extends unknown ? Omit<T, keyof Stamp> : never;
export type NewEvent = WithoutStamp<SessionEvent>;

/** Everything an action may use: side effects come in here, so that no action reaches around the wrapper. */
export interface ActionContext {
  /** As last read or written by this action: what its decision stands on. */
  session: StoredSession;
  readonly record: SessionRecord;
  readonly plan: Plan;
  readonly role: RolePlan;
  readonly facts: RoleFacts;
  place: Place;
  store: SessionStore;
  cluster: ClusterStore;
  queues: Queues;
  redis: Redis;
  log: Logger;
  /** Where results are copied to; undefined: they stay on the cluster. */
  resultsFolder: string | undefined;
  /** Where this worker's secrets are, besides its environment. */
  secretsFolder: string | undefined;
  /** A line in Bull Board's log of this action. */
  say(line: string): Promise<void>;
  apply(event: NewEvent): Promise<Applied>;
}

type Given = Omit<ActionContext, 'record' | 'plan' | 'role' | 'facts' | 'apply'> & {
  roleName: string | undefined;
};

export function actionContext(given: Given): ActionContext {
  return {
    ...given,
    get record() {
      return this.session.record;
    },
    get plan() {
      return this.session.plan;
    },
    get role() {
      const role = this.plan.roles.find((candidate) => candidate.role === given.roleName);
      if (!role) throw new Error(`this action has no role in the plan: ${given.roleName}`);
      return role;
    },
    get facts() {
      return this.record.roles[given.roleName ?? ''] ?? noFacts();
    },
    async apply(event) {
      const stamp = await given.cluster.stamp();
      const applied = await given.store.apply(this.record.id, { ...event, ...stamp } as SessionEvent);
      if (!applied) throw new Error(`session ${this.record.id} has no record any more`);
      this.session = applied;
      return applied;
    },
  };
}
