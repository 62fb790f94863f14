import type { Queues } from '../queues.ts';
import { forgetRecord, markForgotten, unmarkForgotten } from '../redis/forget-session.ts';
import { forgetFolders, prune } from '../slurm/remote/cleanup.ts';
import type { CleanupPlace, Past, PastSession } from './find-past.ts';
import { forgetActions } from './forget-actions.ts';

export interface Removed {
  /** Of which nothing is left, on the cluster and in Redis. */
  sessions: string[];
  left: { id: string; why: string }[];
  programs: { count: number; kilobytes: number };
  leftovers: number;
}

const AT_ONCE = 50;

/**
 * Removes what `findPast` found. A session's record goes last, so that whatever stops us, the next one finds it and
 * goes on; and it is marked first, so that nobody begins a new attempt of what is half gone.
 */
export async function removePast(
  place: CleanupPlace & { queues: Queues },
  { sessions, olderThanS }: Past,
): Promise<Removed> {
  const gone: string[] = [];
  const left: Removed['left'] = [];
  for (let from = 0; from < sessions.length; from += AT_ONCE) {
    const marked: PastSession[] = [];
    for (const past of sessions.slice(from, from + AT_ONCE)) {
      if (!past.session || (await markForgotten(place.redis, past.session))) marked.push(past);
      else left.push({ id: past.id, why: 'somebody has begun with it again' });
    }
    const ids = marked.map(({ id }) => id);
    const without = ids.length > 0 ? await forgetFolders(place.link, olderThanS, ids) : new Set<string>();
    for (const past of marked) {
      const why = without.has(past.id)
        ? await forgetRest(place, past)
        : 'its folder could not be removed whole';
      if (why === undefined) gone.push(past.id);
      else {
        left.push({ id: past.id, why });
        if (past.session) await unmarkForgotten(place.redis, past.id);
      }
    }
  }
  return { sessions: gone, left, ...(await prune(place.link, olderThanS)) };
}

/** @returns why something is left. */
async function forgetRest(
  { redis, queues }: CleanupPlace & { queues: Queues },
  { session }: PastSession,
): Promise<string | undefined> {
  if (!session) return undefined;
  if (!(await forgetActions(queues, session))) return 'a worker is at one of its actions';
  await forgetRecord(redis, session.record);
  return undefined;
}
