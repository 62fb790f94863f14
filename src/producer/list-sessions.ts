import type { SessionRecord, SessionState } from '../shared/session/record.ts';
import type { ProducerDeps } from './connect-producer.ts';

export interface SessionFilter {
  state?: SessionState;
  cluster?: string;
  /** Exactly these; others may be there, too. */
  labels?: Record<string, string>;
}

export interface SessionPage {
  sessions: ReturnType<typeof summaryOf>[];
  /** Where the next page begins; absent on the last one. */
  next?: number;
}

const BATCH = 200;
/** Longest search for one page: a filter that nothing fits must not read the whole past. */
const MOST = 5_000;

/** Sessions, the latest first. `offset`: `next` of the page before. */
export async function listSessions(
  { store }: Pick<ProducerDeps, 'store'>,
  { filter, limit, offset }: { filter: SessionFilter; limit: number; offset: number },
): Promise<SessionPage> {
  const sessions: SessionPage['sessions'] = [];
  for (let at = offset; at < offset + MOST; ) {
    const ids = await store.list(BATCH, at);
    const { sessions: found } = await store.readAll(ids);
    const records = new Map(found.map(({ record }) => [record.id, record]));
    for (const id of ids) {
      const record = records.get(id);
      if (record && fits(record, filter)) {
        if (sessions.length === limit) return { sessions, next: at };
        sessions.push(summaryOf(record));
      }
      at += 1;
    }
    if (ids.length < BATCH) return { sessions };
  }
  return { sessions, next: offset + MOST };
}

function fits(record: SessionRecord, { state, cluster, labels = {} }: SessionFilter): boolean {
  return (
    (state === undefined || record.state === state) &&
    (cluster === undefined || record.cluster === cluster) &&
    Object.entries(labels).every(([name, value]) => record.labels[name] === value)
  );
}

export const summaryOf = ({
  id,
  name,
  kind,
  cluster,
  state,
  labels,
  createdAt,
  endedAt,
  ending,
}: SessionRecord) => ({
  id,
  name,
  ...(kind ? { kind } : {}),
  cluster,
  state,
  labels,
  createdAt: new Date(createdAt).toISOString(),
  ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
  ...(ending === undefined ? {} : { ending: ending.text }),
});
