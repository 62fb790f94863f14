import type { Logger } from 'pino';
import { parseSlurmJobName } from '../shared/ids.ts';
import { isOver } from '../shared/session/record.ts';
import type { Look } from '../shared/slurm/remote/ask-queue.ts';
import { releaseRoles } from '../shared/slurm/remote/release-roles.ts';
import type { ServedCluster } from './served-cluster.ts';

/** A Slurm job of ours that nobody wants must have been seen so often before we end it. */
const SEEN_BEFORE = 2;

const seen = new WeakMap<ServedCluster, Map<string, number>>();

/**
 * Ends Slurm jobs that carry our name and that no record wants any more: twins that came late, remains of a Redis
 * that lost its records. The exact name makes them ours; nobody else's is touched.
 */
export async function cancelStrays(served: ServedCluster, look: Look, log: Logger): Promise<void> {
  const counts = seen.get(served) ?? new Map<string, number>();
  const now = new Map<string, number>();
  for (const { name, row } of look.rows) {
    const owner = parseSlurmJobName(name);
    if (owner?.installation !== served.link.installation || (row.life !== 'waiting' && row.life !== 'live'))
      continue;
    const { sessions, unreadable } = await served.store.readAll([owner.session]);
    // What this program cannot read, somebody else may want.
    if (unreadable.length > 0) continue;
    const [session] = sessions;
    // An attempt newer than the record's: Redis lost its tail, and will learn of it again.
    const wanted = session && !isOver(session.record) && owner.attempt >= session.record.attempt;
    if (wanted) continue;
    const times = (counts.get(name) ?? 0) + 1;
    now.set(name, times);
    if (times <= SEEN_BEFORE) continue;
    log.warn(
      { cluster: served.name, name, slurmJob: row.id },
      'ending a Slurm job of ours that no session wants',
    );
    const place = {
      link: served.link,
      session: owner.session,
      attempt: owner.attempt,
      counted: async () => {},
    };
    await releaseRoles(place, [owner.role], true);
  }
  seen.set(served, now);
}
