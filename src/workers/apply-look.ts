import { slurmJobName } from '../shared/ids.ts';
import type { Lease } from '../shared/redis/lease.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import type { Look } from '../shared/slurm/remote/ask-queue.ts';
import type { ServedCluster } from './served-cluster.ts';

/** Applies one successful look, after which the spool was emptied, to every open session of the cluster. */
export async function applyLook(
  served: ServedCluster,
  lease: Lease,
  look: Look,
  number: number,
  longestStepS: number,
): Promise<{ releasing: boolean }> {
  const clock = await served.cluster.tick(lease, look.now, longestStepS);
  if (clock === undefined) return { releasing: false };
  const times = await served.cluster.times();
  let releasing = false;
  const { sessions } = await served.store.readAll(await served.store.open(served.name));
  for (const session of sessions) {
    const { id, attempt } = session.record;
    const rows = rolesOf(served, session).flatMap(({ role, name }) =>
      look.rows.filter((row) => row.name === name).map(({ row }) => ({ role, row })),
    );
    const applied = await served.store.apply(
      id,
      { type: 'looked', attempt, rows, times, clock, look: number },
      lease,
    );
    if (applied?.record.closed || applied?.record.ending) releasing = true;
  }
  return { releasing };
}

/** The Slurm jobs of a session's attempt, by name. */
export function rolesOf(served: ServedCluster, { record, plan }: StoredSession) {
  return plan.roles.map(({ role }) => ({
    role,
    name: slurmJobName(served.link.installation, record.id, record.attempt, role),
  }));
}
