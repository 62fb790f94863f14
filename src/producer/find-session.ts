import type { Redis } from 'ioredis';
import { UsageError } from '../shared/errors.ts';
import { isGroupId, SESSION_ID } from '../shared/ids.ts';
import { type Group, listGroups, readGroup } from '../shared/redis/group-store.ts';
import type { SessionStore } from '../shared/redis/session-store.ts';

/** How far back a prefix is looked up. */
const MOST = 10_000;

/** One session, or all of a group in the order of their combinations. */
export interface Found {
  group?: Group;
  ids: string[];
}

interface Where {
  redis: Redis;
  store: SessionStore;
}

/**
 * What a person names: a session or a group, in full or by a unique prefix, or `@last`, which is what was submitted
 * last, be it a session or a group.
 * @throws UsageError when there is none, or several.
 */
export async function findSessions({ redis, store }: Where, name: string): Promise<Found> {
  if (name === '@last') {
    const [last] = await store.list(1);
    if (last === undefined) throw new UsageError('there is no session yet', 'Make one: sbench submit RECIPE');
    const group = (await store.read(last))?.record.group;
    return group ? await sessionsOf(redis, group.id) : { ids: [last] };
  }
  if (isGroupId(name)) {
    const group = await readGroup(redis, name);
    if (group) return { group, ids: group.sessions };
    return sessionsOf(redis, only('groups', name, await listGroups(redis, MOST)));
  }
  if (SESSION_ID.test(name) && (await store.read(name))) return { ids: [name] };
  return { ids: [only('sessions', name, await store.list(MOST))] };
}

/**
 * The one session that a person names, where only one makes sense.
 * @throws UsageError also for a group of several.
 */
export async function findSession(where: Where, name: string): Promise<string> {
  const { group, ids } = await findSessions(where, name);
  const [id, ...others] = ids;
  if (id !== undefined && others.length === 0) return id;
  throw new UsageError(
    `${group?.id} is a group of ${ids.length} sessions, and this is about one`,
    `Name one of them: sbench status ${group?.id}`,
  );
}

async function sessionsOf(redis: Redis, id: string): Promise<Found> {
  const group = await readGroup(redis, id);
  if (!group) throw noSession(id);
  return { group, ids: group.sessions };
}

function only(what: string, name: string, all: readonly string[]): string {
  const found = name === '' ? [] : all.filter((id) => id.startsWith(name));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  if (found.length === 0) throw noSession(name);
  const shown = found.slice(0, 5).join(', ');
  throw new UsageError(
    `${found.length} ${what} begin with '${name}': ${shown}${found.length > 5 ? ', …' : ''}`,
    'Give more of the id.',
  );
}

export function noSession(name: string): UsageError {
  const what = isGroupId(name) ? 'group' : 'session';
  return new UsageError(`there is no ${what} '${name}'`, 'sbench list shows those that there are.');
}
