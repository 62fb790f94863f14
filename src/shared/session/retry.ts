import type { Plan } from '../plan/plan.ts';
import { nextAttempt } from './next-attempt.ts';
import { isOver, type SessionRecord } from './record.ts';

/** Why a session gets no new attempt; undefined: it may have one. */
export type NoRetry = 'not-over' | 'succeeded' | 'not-released';

export function whyNoRetry(record: SessionRecord, force: boolean): NoRetry | undefined {
  if (!isOver(record)) return 'not-over';
  const released = Object.values(record.roles).map((facts) => facts.released);
  // Two attempts at once would measure each other. What only drains no longer acts, but may hold its nodes for long.
  if (released.includes('no') || (released.includes('draining') && !force)) return 'not-released';
  return record.state === 'succeeded' && !force ? 'succeeded' : undefined;
}

/** `planned` again: the flow of the new attempt is not in the queues yet, and reconcile adds it if nobody does. */
export function retry(record: SessionRecord, plan: Plan, force: boolean): SessionRecord {
  if (whyNoRetry(record, force)) return record;
  const { state, endedAt, cancelled, results, provenance, resultsFolder, ...rest } = record;
  const end = { state, endedAt, cancelled, results, provenance, resultsFolder };
  return { ...nextAttempt({ ...rest, state, results }, plan, end), state: 'planned', results: {} };
}
