import type { Redis } from 'ioredis';
import { z } from 'zod';
import { redisOptions } from '../shared/redis/connect.ts';
import { keys } from '../shared/redis/keys.ts';
import { sessionStore } from '../shared/redis/session-store.ts';
import { isOver } from '../shared/session/record.ts';
import type { ProducerDeps } from './connect-producer.ts';
import { noSession } from './find-session.ts';

const timelineNote = z.object({
  /** Milliseconds since 1970, for people. */
  at: z.number(),
  /** The cluster's clock of observations, in seconds. */
  clock: z.number(),
  what: z.string(),
  role: z.string().optional(),
  text: z.string(),
});
export type TimelineNote = z.infer<typeof timelineNote>;

/** Longest time without a look at the record itself: its end needs no note. */
const BLOCK_MS = 5_000;

/**
 * A session's story from its beginning, as it goes on, until it is over or `signal` aborts. An outage of Redis
 * only holds it up: a session may be watched for days.
 */
export async function* watchSession(
  deps: ProducerDeps,
  id: string,
  signal?: AbortSignal,
): AsyncGenerator<TimelineNote, void> {
  for await (const { note } of watchSessions(deps, [id], signal)) yield note;
}

/** The stories of several, as they come, over one connection; until the last of them is over. */
export async function* watchSessions(
  deps: ProducerDeps,
  ids: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<{ id: string; note: TimelineNote }, void> {
  for (const id of ids) if (!(await deps.store.read(id))) throw noSession(id);
  const patient = redisOptions('redis://unused', 'work');
  // A connection of its own: a blocking read would hold up everybody else's commands.
  const redis = deps.redis.duplicate({
    maxRetriesPerRequest: patient.maxRetriesPerRequest,
    retryStrategy: patient.retryStrategy,
  });
  redis.on('error', () => {});
  const leave = () => redis.disconnect();
  signal?.addEventListener('abort', leave, { once: true });
  const store = sessionStore(redis, async () => {});
  const isEnded = (id: string) => store.read(id).then((session) => !session || isOver(session.record));
  // How far each story was read.
  const open = new Map(ids.map((id) => [id, '0']));
  let changed: readonly string[] = ids;
  let lookedAt = Date.now();
  try {
    while (!signal?.aborted && open.size > 0) {
      // The record first: its end and its last notes are written at once, so the notes read after it are all.
      const over: string[] = [];
      for (const id of changed) if (await isEnded(id)) over.push(id);
      const asked = [...open.keys()];
      const from = [...asked.map((id) => keys.timeline(id)), ...open.values()];
      const found = await (over.length > 0
        ? redis.xread('STREAMS', ...from)
        : redis.xread('BLOCK', BLOCK_MS, 'STREAMS', ...from));
      const byKey = new Map(asked.map((id) => [keys.timeline(id), id]));
      const news = (found ?? []).flatMap(([key, entries]) => {
        const id = byKey.get(key) ?? '';
        open.set(id, entries.at(-1)?.[0] ?? '0');
        return entries.flatMap(readEntry).map((note) => ({ id, note }));
      });
      yield* news.sort((one, other) => one.note.at - other.note.at);
      for (const id of over) open.delete(id);
      // The end of a record needs no note: now and then all are looked at.
      const all = Date.now() - lookedAt >= BLOCK_MS;
      if (all) lookedAt = Date.now();
      changed = all ? [...open.keys()] : [...new Set(news.map(({ id }) => id))].filter((id) => open.has(id));
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener('abort', leave);
    redis.disconnect();
  }
}

/** The story until now. */
export async function readTimeline(redis: Redis, id: string): Promise<TimelineNote[]> {
  return (await redis.xrange(keys.timeline(id), '-', '+')).flatMap(readEntry);
}

/** A note that this version does not know is left out, not in the way. */
function readEntry([, [, text]]: [id: string, fields: string[]]): TimelineNote[] {
  const note = timelineNote.safeParse(JSON.parse(text ?? 'null'));
  return note.success ? [note.data] : [];
}
