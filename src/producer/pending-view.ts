import type { Plan } from '../shared/plan/plan.ts';
import type { ClusterStore } from '../shared/redis/cluster-store.ts';
import { phaseOf, waitsAgain } from '../shared/session/facts.ts';
import type { SessionRecord } from '../shared/session/record.ts';
import { explainReason } from '../shared/slurm/reasons.ts';

/** What the last look says about time: three clocks, the cluster's, the observations', and that of whoever looks. */
export interface Seen {
  /** The clock of observations, in seconds. */
  clock: number;
  /** When the queue was last seen: milliseconds since 1970, and in the cluster's seconds. */
  lookedAt?: number;
  clusterS?: number;
  /** What the controller's silence looks like, while it lasts. */
  silent?: string;
}

export async function readSeen(cluster: ClusterStore): Promise<Seen> {
  const [{ clock }, { lookedAt, lastLook, controller }] = await Promise.all([
    cluster.stamp(),
    cluster.noted(),
  ]);
  return {
    clock,
    ...(lookedAt === undefined ? {} : { lookedAt: Number(lookedAt) }),
    ...(lastLook === undefined ? {} : { clusterS: Number(lastLook) }),
    ...(controller === undefined || controller === 'ok' ? {} : { silent: controller }),
  };
}

/** Why a Slurm job waits, for how long still as far as Slurm knows, and until when we wait for it. */
export function pendingView(
  record: SessionRecord,
  { role, side, queueLimitS }: Pick<Plan['roles'][number], 'role' | 'side' | 'queueLimitS'>,
  seen: Seen,
) {
  const facts = record.roles[role];
  if (!facts || record.ending || facts.verdict) return {};
  const again = waitsAgain(facts);
  const waits = phaseOf(facts, side) === 'pending' || again;
  if (!waits || facts.runningClock !== undefined) return {};
  const { slurm } = facts;
  const since = (again ? slurm?.since : facts.askedClock) ?? seen.clock;
  const { lookedAt = Date.now(), clusterS } = seen;
  const reason = slurm?.life === 'waiting' && slurm.reason !== 'None' ? slurm.reason : undefined;
  // A start in the past is one that Slurm missed.
  const expected =
    slurm?.expectedS !== undefined && clusterS !== undefined && slurm.expectedS > clusterS
      ? lookedAt + (slurm.expectedS - clusterS) * 1_000
      : undefined;
  return {
    pending: {
      ...(reason === undefined ? {} : { reason, ...explainReason(reason) }),
      waitedS: Math.max(0, Math.round(seen.clock - since)),
      /** Slurm's estimate. */
      ...(expected === undefined ? {} : { expectedAt: new Date(expected).toISOString() }),
      /** While the cluster is observed without a gap; a gap does not count. */
      givesUpAt: new Date(lookedAt + Math.max(0, since + queueLimitS - seen.clock) * 1_000).toISOString(),
    },
  };
}
