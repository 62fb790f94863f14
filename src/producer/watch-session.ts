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
  if (!(await deps.store.read(id))) throw noSession(id);
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
  try {
    let last = '0';
    while (!signal?.aborted) {
      // The record first: its end and its last notes are written at once, so the notes read after it are all.
      const over = await store.read(id).then((session) => !session || isOver(session.record));
      const from = ['STREAMS', keys.timeline(id), last] as const;
      const found = over ? await redis.xread(...from) : await redis.xread('BLOCK', BLOCK_MS, ...from);
      const [stream] = found ?? [];
      const entries = stream?.[1] ?? [];
      last = entries.at(-1)?.[0] ?? last;
      yield* entries.flatMap(readEntry);
      if (over) return;
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
