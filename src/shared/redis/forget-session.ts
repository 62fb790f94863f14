import type { Redis } from 'ioredis';
import type { SessionRecord } from '../session/record.ts';
import { keys } from './keys.ts';
import { runScript } from './scripts.ts';
import type { StoredSession } from './session-store.ts';

/** From here on nothing changes this session any more, least of all a retry. @returns false: it has changed meanwhile. */
export const markForgotten = async (redis: Redis, { record, version }: StoredSession): Promise<boolean> =>
  (await runScript(redis, 'MARK_FORGOTTEN', [keys.session(record.id)], [version])) === 1;

/** It stays after all. */
export const unmarkForgotten = async (redis: Redis, id: string): Promise<void> => {
  await redis.hdel(keys.session(id), 'forgotten');
};

/** The record, its story and its counts; with the last session of a group the group, too; and the idempotency key. */
export async function forgetRecord(redis: Redis, { id, key, group }: SessionRecord): Promise<void> {
  const where = [
    keys.session(id),
    keys.timeline(id),
    keys.counts(id),
    keys.sessions,
    keys.groups,
    group ? keys.groupSessions(group.id) : '',
    group ? keys.group(group.id) : '',
    key === undefined ? '' : keys.idempotency(key),
  ];
  await runScript(redis, 'FORGET', where, [id, group?.id ?? '']);
}
