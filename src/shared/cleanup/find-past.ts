import type { Redis } from 'ioredis';
import type { ClusterLink } from '../cluster/cluster-link.ts';
import { AnswerError } from '../errors.ts';
import { parseSlurmJobName } from '../ids.ts';
import { keys } from '../redis/keys.ts';
import type { SessionStore, StoredSession } from '../redis/session-store.ts';
import { isOver } from '../session/record.ts';
import { look } from '../slurm/remote/ask-queue.ts';
import { listOld, type Old } from '../slurm/remote/cleanup.ts';

/** One cluster, and the records of the installation that has it. */
export interface CleanupPlace {
  redis: Redis;
  store: SessionStore;
  link: ClusterLink;
}

/** A session whose time is over: its record, its folder, or both. */
export interface PastSession {
  id: string;
  /** None: a folder that no record tells of. */
  session?: StoredSession;
  /** None: nothing of it is on the cluster. */
  folder?: { ageS: number; kilobytes: number };
}

export interface Past extends Omit<Old, 'sessions' | 'young'> {
  olderThanS: number;
  sessions: PastSession[];
  /** Past their time, and not to be removed now. */
  kept: { id: string; why: string }[];
}

const BATCH = 500;

/**
 * What is older than so long on a cluster. Two clocks have to agree on it: Redis' on when the session ended, and the
 * cluster's file system on when its folder changed last. A session that Slurm still has something of is kept.
 * @throws when the cluster does not answer: then nobody knows.
 */
export async function findPast(place: CleanupPlace, olderThanS: number): Promise<Past> {
  const { sessions: recorded, unreadable } = await endedBefore(place, olderThanS);
  const { sessions: folders, young, ...rest } = await listOld(place.link, olderThanS);
  const byId = new Map<string, PastSession>();
  for (const session of recorded) {
    const { id } = session.record;
    if (!young.has(id)) byId.set(id, { id, session });
  }
  const kept = unreadable.map((id) => ({ id, why: 'a newer sbench wrote its record' }));
  const known = new Set(
    await recordedIds(
      place,
      folders.map(({ id }) => id),
    ),
  );
  for (const { id, ageS, kilobytes } of folders) {
    const past = byId.get(id);
    // One with a record goes when the record says so.
    if (past || !known.has(id)) byId.set(id, { ...past, id, folder: { ageS, kilobytes } });
  }
  const busy = await inSlurm(place.link);
  const needed = await targets(place);
  const sessions: PastSession[] = [];
  for (const past of byId.values()) {
    const why = busy.has(past.id)
      ? 'Slurm still has a Slurm job of it'
      : needed.has(past.id)
        ? 'another session uses its service'
        : undefined;
    if (why === undefined) sessions.push(past);
    else kept.push({ id: past.id, why });
  }
  return { ...rest, olderThanS, sessions: sessions.sort((a, b) => (a.id < b.id ? -1 : 1)), kept };
}

/** Sessions of this cluster that ended so long ago, by Redis' clock. */
export async function endedBefore(
  { redis, store, link }: CleanupPlace,
  olderThanS: number,
): Promise<{ sessions: StoredSession[]; unreadable: string[] }> {
  const [seconds] = await redis.time();
  const before = (Number(seconds) - olderThanS) * 1_000;
  const sessions: StoredSession[] = [];
  const unreadable: string[] = [];
  for (let at = 0; ; at += BATCH) {
    // What ended before was made before.
    const ids = await redis.zrangebyscore(keys.sessions, '-inf', before, 'LIMIT', at, BATCH);
    const found = await store.readAll(ids);
    unreadable.push(...found.unreadable);
    for (const session of found.sessions) {
      const { record } = session;
      if (record.cluster !== link.cluster || !isOver(record)) continue;
      if (record.endedAt !== undefined && record.endedAt <= before) sessions.push(session);
    }
    if (ids.length < BATCH) return { sessions, unreadable };
  }
}

async function recordedIds({ redis }: CleanupPlace, ids: string[]): Promise<string[]> {
  const there = await Promise.all(ids.map((id) => redis.exists(keys.session(id))));
  return ids.filter((_, at) => there[at] === 1);
}

/** Sessions that Slurm lists anything of that has not ended. */
async function inSlurm(link: ClusterLink): Promise<Set<string>> {
  const seen = await look(link);
  if ('failed' in seen)
    throw new AnswerError(
      `the queue of ${link.cluster} could not be seen, so nothing is past: ${seen.failed}`,
    );
  const live = seen.rows.filter(({ row }) => row.life !== 'ended');
  return new Set(live.flatMap(({ name }) => parseSlurmJobName(name)?.session ?? []));
}

/** Sessions whose services are named by one that is not over. */
async function targets({ store, link }: CleanupPlace): Promise<Set<string>> {
  const { sessions } = await store.readAll(await store.open(link.cluster));
  return new Set(
    sessions.flatMap(({ plan }) =>
      plan.roles.flatMap(({ target }) => (target?.is === 'session' ? [target.session] : [])),
    ),
  );
}
