import type { Redis } from 'ioredis';
import { z } from 'zod';
import { NewerVersionError } from '../errors.ts';
import { keys } from './keys.ts';
import { runScript } from './scripts.ts';

/** What the sessions of one recipe have in common. */
export const groupRecord = z.object({
  v: z.literal(1),
  id: z.string(),
  name: z.string(),
  /** How many sessions it is to have; fewer are there while it is submitted, or when that was interrupted. */
  of: z.number().int().positive(),
  clusters: z.array(z.string()),
  createdAt: z.number(),
});
export type GroupRecord = z.infer<typeof groupRecord>;

export interface Group extends GroupRecord {
  /** In the order of their combinations. */
  sessions: string[];
}

/** @returns the id that has the key, and the recipe it was given with. */
export async function createGroup(
  redis: Redis,
  group: GroupRecord,
  recipeSha256: string,
  key: string | undefined,
): Promise<{ id: string; recipeSha256: string }> {
  const where = [keys.group(group.id), keys.groups, key === undefined ? '' : keys.idempotency(key)];
  const given = [group.id, JSON.stringify(group), group.createdAt, recipeSha256];
  const [id, recipe] = (await runScript(redis, 'CREATE_GROUP', where, given)) as [string, string];
  return { id, recipeSha256: recipe };
}

/** @throws NewerVersionError when a newer sbench wrote it. */
export async function readGroup(redis: Redis, id: string): Promise<Group | undefined> {
  const text = await redis.get(keys.group(id));
  if (text === null) return undefined;
  const value: unknown = JSON.parse(text);
  const parsed = groupRecord.safeParse(value);
  if (!parsed.success) throw new NewerVersionError('the group', (value as { v?: unknown }).v);
  return { ...parsed.data, sessions: await redis.zrange(keys.groupSessions(id), 0, '-1') };
}

/** The latest first. */
export const listGroups = (redis: Redis, limit: number): Promise<string[]> =>
  redis.zrevrange(keys.groups, 0, limit - 1);
