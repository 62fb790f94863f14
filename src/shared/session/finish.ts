import { clientRoles, type Plan, serviceRoles } from '../plan/plan.ts';
import type { SessionEvent } from './events.ts';
import { madeByItself, nextAttempt } from './next-attempt.ts';
import type { SessionRecord, SessionState } from './record.ts';

type Collected = Extract<SessionEvent, { type: 'collected' }>;

/** The results are home, or known to be missing: the attempt is over. */
export function finish(record: SessionRecord, plan: Plan, event: Collected): SessionRecord {
  const open = Object.values(record.roles).some((facts) => !facts.verdict || facts.released === 'no');
  if (record.state !== 'ending' || open) return record;
  const now = exitsOf(record.roles);
  if (JSON.stringify(now) !== JSON.stringify(event.checked)) return record;
  const roles = { ...record.roles };
  for (const { role, why } of event.invalid) {
    const facts = roles[role];
    if (facts?.verdict?.is !== 'succeeded') continue;
    roles[role] = { ...facts, verdict: { is: 'failed', code: 'no-result', why } };
  }
  const judged: SessionRecord = {
    ...record,
    roles,
    results: event.results,
    ...(event.provenance === undefined ? {} : { provenance: event.provenance }),
    ...(event.folder === undefined ? {} : { resultsFolder: event.folder }),
  };
  const state = finalState(judged, plan);
  // What vanished may have sent its word late.
  const again =
    record.ending?.why === 'vanished' && !madeByItself(record) && !record.cancelled && state !== 'succeeded';
  return again
    ? { ...nextAttempt(judged, plan), state: 'running' }
    : { ...judged, state, endedAt: event.endedAt };
}

/** The exit event of each role, by its file's name: what results are checked against. */
export function exitsOf(roles: SessionRecord['roles']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(roles).flatMap(([role, { exited }]) => (exited ? [[role, exited.file]] : [])),
  );
}

/** Success is positive: every client, or the only service, has succeeded; without either all is staged. */
function finalState(record: SessionRecord, plan: Plan): SessionState {
  const why = record.ending?.why;
  const clients = clientRoles(plan);
  const measured = clients.length > 0 ? clients : serviceRoles(plan);
  const verdicts = measured.map(({ role }) => record.roles[role]?.verdict?.is);
  if (why === 'cancelled' || (record.cancelled && why === 'vanished')) {
    const servedUntilCancelled =
      clients.length === 0 &&
      measured.length > 0 &&
      measured.every(
        ({ role }) => record.roles[role]?.ready && record.roles[role]?.verdict?.is === 'released',
      );
    return servedUntilCancelled ? 'succeeded' : 'cancelled';
  }
  // It only staged.
  if (measured.length === 0) return why === 'complete' ? 'succeeded' : 'failed';
  if (why !== 'complete' && why !== 'service-ended' && why !== 'vanished') return 'failed';
  // Of several services without clients the first end is the session's: the others were released then.
  const asPlanned = verdicts.every((is) => is === 'succeeded' || is === 'released');
  if (asPlanned && verdicts.includes('succeeded')) return 'succeeded';
  return verdicts.every((is) => is === 'succeeded' || is === 'unknown') ? 'unknown' : 'failed';
}
