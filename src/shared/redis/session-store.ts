import type { Redis } from 'ioredis';
import { ConflictError, NewerVersionError, SbenchError } from '../errors.ts';
import { type Plan, parsePlan } from '../plan/plan.ts';
import type { SessionEvent } from '../session/events.ts';
import { isOver, parseRecord, type SessionRecord } from '../session/record.ts';
import { reduce } from '../session/reduce.ts';
import { describeChange, type Note } from '../session/timeline.ts';
import { keys } from './keys.ts';
import type { Lease } from './lease.ts';
import { runScript } from './scripts.ts';

const MOST_TRIES = 50;

/** Thrown when the observer's lease went to another host: what it saw is stale, and it must stop. */
export class FencedOffError extends SbenchError {
  constructor() {
    super('another host observes this cluster now', { code: 'FENCED_OFF', remedy: 'wait' });
  }
}

export interface StoredSession {
  record: SessionRecord;
  plan: Plan;
  version: number;
  /** Raised by every change that is progress: what a sleeping action compares. */
  wake: number;
}

export interface Applied extends StoredSession {
  /** What changed, in words; empty when nothing of interest did. */
  notes: Note[];
  before: SessionRecord;
}

export interface SessionStore {
  read(id: string): Promise<StoredSession | undefined>;
  /** Many at once. One that this program cannot read (a newer sbench wrote it) must not hide the others. */
  readAll(ids: string[]): Promise<{ sessions: StoredSession[]; unreadable: string[] }>;
  /** Reads, reduces, stores over the version it was made from; again when somebody else wrote first. */
  apply(id: string, event: SessionEvent, fence?: Lease): Promise<Applied | undefined>;
  create(record: SessionRecord, plan: Plan): Promise<{ id: string; recipeSha256: string }>;
  wakeNumber(id: string): Promise<number>;
  /** The sessions of a cluster that are not over. */
  open(cluster: string): Promise<string[]>;
  /** The latest first, from `offset` on. */
  list(limit: number, offset?: number): Promise<string[]>;
  count(id: string, what: string, by?: number): Promise<void>;
  counts(id: string): Promise<Record<string, number>>;
}

/** @param onProgress called after every stored change that is progress, to wake what waits for it. */
export function sessionStore(redis: Redis, onProgress: (applied: Applied) => Promise<void>): SessionStore {
  // A plan is frozen: parsed once a process.
  const plans = new Map<string, Plan>();

  async function read(id: string): Promise<StoredSession | undefined> {
    const [version, wake, record] = await redis.hmget(keys.session(id), 'version', 'wake', 'record');
    if (!version || !record) return undefined;
    let plan = plans.get(id);
    if (!plan) {
      plan = parsePlan((await redis.hget(keys.session(id), 'plan')) ?? 'null');
      if (plans.size > 500) plans.clear();
      plans.set(id, plan);
    }
    return { record: parseRecord(record), plan, version: Number(version), wake: Number(wake) };
  }

  async function apply(id: string, event: SessionEvent, fence?: Lease): Promise<Applied | undefined> {
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const stored = await read(id);
      if (!stored) return undefined;
      const { record: before, plan, version } = stored;
      const after = reduce(before, plan, event);
      const notes = describeChange(before, after, plan);
      const applied = { ...stored, record: after, before, notes };
      if (after === before) return applied;
      const progress = notes.length > 0 ? 1 : 0;
      const outcome = await runScript(
        redis,
        'STORE',
        [
          keys.session(id),
          keys.timeline(id),
          keys.open(after.cluster),
          fence?.key ?? '',
          keys.ended(after.cluster),
        ],
        [
          version,
          JSON.stringify(after),
          id,
          isOver(after) ? after.state : '',
          progress,
          fence?.nonce ?? '',
          ...notes.map((note) => JSON.stringify({ at: Date.now(), clock: event.clock, ...note })),
        ],
      );
      if (outcome === -1) throw new FencedOffError();
      if (outcome === -2) return undefined;
      if (outcome === 0) continue;
      const result = { ...applied, version: version + 1, wake: stored.wake + progress };
      if (progress) await onProgress(result);
      return result;
    }
    throw new ConflictError(`session ${id} changed ${MOST_TRIES} times while we tried to change it`);
  }

  return {
    read,
    async readAll(ids) {
      const found = await Promise.allSettled(ids.map(read));
      const sessions = found.flatMap((each) =>
        each.status === 'fulfilled' && each.value ? [each.value] : [],
      );
      return { sessions, unreadable: ids.filter((_, at) => isUnreadable(found[at])) };
    },
    apply,
    async create(record, plan) {
      const key = record.key === undefined ? '' : keys.idempotency(record.key);
      const answer = (await runScript(
        redis,
        'CREATE',
        [
          keys.session(record.id),
          keys.sessions,
          keys.open(record.cluster),
          // A group has the key for all of its sessions.
          record.group ? '' : key,
          record.group ? keys.groupSessions(record.group.id) : '',
        ],
        [
          record.id,
          JSON.stringify(record),
          JSON.stringify(plan),
          record.createdAt,
          record.recipeSha256,
          record.group?.index ?? 0,
        ],
      )) as [string, string];
      return { id: answer[0], recipeSha256: answer[1] };
    },
    async wakeNumber(id) {
      return Number(await redis.hget(keys.session(id), 'wake'));
    },
    open: (cluster) => redis.smembers(keys.open(cluster)),
    list: (limit, offset = 0) => redis.zrevrange(keys.sessions, offset, offset + limit - 1),
    async count(id, what, by = 1) {
      await redis.hincrby(keys.counts(id), what, by);
    },
    async counts(id) {
      const all = await redis.hgetall(keys.counts(id));
      return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, Number(value)]));
    },
  };
}

/** An outage is everybody's: only what is wrong with this one record makes it unreadable. */
function isUnreadable(found: PromiseSettledResult<unknown> | undefined): boolean {
  if (found?.status !== 'rejected') return false;
  if (found.reason instanceof NewerVersionError) return true;
  throw found.reason;
}
