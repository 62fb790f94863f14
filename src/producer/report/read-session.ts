import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coerceError, UsageError } from '../../shared/errors.ts';
import { clientRoles, type Plan, parsePlan } from '../../shared/plan/plan.ts';
import { parseRecord, type SessionRecord } from '../../shared/session/record.ts';
import type { ProducerDeps } from '../connect-producer.ts';
import { noSession } from '../find-session.ts';
import { readTimeline, type TimelineNote } from '../watch-session.ts';
import { type NodeTelemetry, readTelemetry } from './telemetry.ts';

/** A session as reports and comparisons see it, wherever it came from. */
export interface ReportSession {
  record: SessionRecord;
  plan: Plan;
  /** Empty for a folder of results: the story stays in Redis. */
  notes: readonly TimelineNote[];
  /** Undefined where the files of the session are not at hand. */
  telemetry?: readonly NodeTelemetry[];
}

export async function readStored({ store, redis }: ProducerDeps, id: string): Promise<ReportSession> {
  const session = await store.read(id);
  if (!session) throw noSession(id);
  return { record: session.record, plan: session.plan, notes: await readTimeline(redis, id) };
}

/** `results/240101-abcdef`: no id has a slash, and none is a folder here. */
export const isResultsFolder = (path: string): boolean => existsSync(join(path, 'session.json'));

const MOST_BYTES = 64 * 1024 * 1024;

/** A folder that `sbench results` or a worker made: readable without Redis, a year later. */
export async function readResultsFolder(path: string): Promise<ReportSession> {
  const read = async (name: string) => {
    const content = await readFile(join(path, name));
    if (content.length > MOST_BYTES) throw new UsageError(`${name} in ${path} is larger than 64 MiB`);
    return content.toString('utf8');
  };
  try {
    const record = parseRecord(await read('session.json'));
    const plan = parsePlan(await read('plan.json'));
    const results = await resultsIn(record, plan, read);
    return { record: { ...record, results }, plan, notes: [], telemetry: await readTelemetry(path) };
  } catch (error) {
    if (error instanceof SyntaxError || (error as { code?: string }).code === 'ENOENT')
      throw new UsageError(`${path} is not a folder of results: ${coerceError(error).message}`);
    throw error;
  }
}

/** The record has them, but of one whose copy was made before its end. */
async function resultsIn(
  record: SessionRecord,
  plan: Plan,
  read: (name: string) => Promise<string>,
): Promise<SessionRecord['results']> {
  const results: Record<string, unknown> = { ...record.results };
  for (const { role } of clientRoles(plan)) {
    if (results[role] !== undefined) continue;
    const text = await read(join('results', role, 'result.json')).catch(() => undefined);
    if (text !== undefined) results[role] = JSON.parse(text);
  }
  return results;
}
