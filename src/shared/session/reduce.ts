import { type Plan, planRole } from '../plan/plan.ts';
import { decideEnding } from './decide-ending.ts';
import type { SessionEvent, SlurmTimes } from './events.ts';
import { noFacts, type RoleFacts } from './facts.ts';
import { finish } from './finish.ts';
import { joinAccounting, joinLook, joinSpool, joinSubmit } from './join.ts';
import { judge } from './judge.ts';
import { isOver, type SessionRecord } from './record.ts';
import { countQuiet, releasedNow } from './release.ts';
import { retry } from './retry.ts';
import { countSuspension, withoutSuspension } from './suspension.ts';

/** Only looks and accounting bring Slurm's times: what depends on them waits for one. */
const NOT_NOW: SlurmTimes = { windowS: Infinity, killWaitS: Infinity };
/** A sign of use is news after so many seconds. */
const USED_EVERY_S = 10;
/** So many dead deliveries without progress, and the attempt ends: something kills whoever touches it. */
const MAX_DEATHS = 10;

/**
 * What an event makes of a session: pure, so that it can be run again when somebody else wrote first. The same
 * record comes back when nothing changed. From the tables in `docs/state-tables.md`.
 */
export function reduce(record: SessionRecord, plan: Plan, event: SessionEvent): SessionRecord {
  if ('attempt' in event && event.attempt !== record.attempt) return record;
  if (event.type === 'retried') return retry(record, plan, event.force);
  if (isOver(record)) return record;
  const after = apply(record, plan, event);
  if (after === record) return record;
  const settled = event.type === 'collected' ? after : settle(after, plan, event);
  return same(settled, record) ? record : settled;
}

function apply(
  record: SessionRecord,
  plan: Plan,
  event: Exclude<SessionEvent, { type: 'retried' }>,
): SessionRecord {
  switch (event.type) {
    case 'enqueued':
      return record.state === 'planned' ? { ...record, state: 'queued' } : record;
    case 'began':
      if (record.begun) return record;
      return { ...record, begun: true, state: record.state === 'ending' ? 'ending' : 'running' };
    case 'died':
      if (record.deaths + 1 < MAX_DEATHS) return { ...record, deaths: record.deaths + 1 };
      return end(
        record,
        'action-failed',
        `workers died ${MAX_DEATHS} times over ${event.action}`,
        event.clock,
      );
    case 'staged': {
      const { what, is, text } = event;
      return { ...record, deaths: 0, staged: { ...record.staged, [what]: { is, text } } };
    }
    case 'all-staged':
      return end(record, 'complete', 'everything is there', event.clock);
    case 'submit-began': {
      const facts = factsOf(record, event.role);
      if (record.ending || facts.submit.is !== 'none') return record;
      return put(record, event.role, {
        ...facts,
        submit: { is: 'began', clock: event.clock },
        askedClock: event.clock,
      });
    }
    case 'submit-answered':
      return put(record, event.role, joinSubmit(factsOf(record, event.role), event.answer, event));
    case 'spool':
      return event.files.reduce(
        (so, { role, file }) =>
          put(so, role, joinSpool(factsOf(so, role), file, { ...event, ending: so.ending !== undefined })),
        record,
      );
    case 'looked':
      return looked(record, plan, event);
    case 'accounted':
      return event.answers.reduce(
        (so, answered) =>
          put(so, answered.role, joinAccounting(factsOf(so, answered.role), answered, event.clock)),
        record,
      );
    case 'cancel-requested':
      if (record.cancelled) return record;
      return end({ ...record, cancelled: { text: event.text } }, 'cancelled', event.text, event.clock);
    case 'target-lost':
      return end(record, 'service-lost', event.text, event.clock);
    case 'used': {
      const last = record.users?.[event.by];
      // Often said, seldom stored.
      if (last !== undefined && event.clock - last < USED_EVERY_S) return record;
      return { ...record, users: { ...record.users, [event.by]: event.clock } };
    }
    case 'action-failed':
      return end(record, 'action-failed', event.text, event.clock);
    case 'closed': {
      const { clock, look, windowS } = event;
      const closed = record.closed ?? { clock, look, windowS };
      return event.owners.reduce(
        // A role that was never asked of Slurm stays so: its owner file keeps it from ever being.
        (so, { role, answer }) =>
          answer.is === 'closed' && factsOf(so, role).submit.is === 'none'
            ? so
            : put(so, role, joinSubmit(factsOf(so, role), answer, event)),
        record.closed ? record : { ...record, closed },
      );
    }
    case 'collected':
      return finish(record, plan, event);
    default:
      return event satisfies never;
  }
}

function looked(
  record: SessionRecord,
  plan: Plan,
  event: Extract<SessionEvent, { type: 'looked' }>,
): SessionRecord {
  if (event.look <= record.lastLook) return record;
  const after = plan.roles.reduce((so, { role, placement }) => {
    const rows = event.rows.filter((found) => found.role === role).map((found) => found.row);
    const facts = factsOf(so, role);
    // The second part of a service's Slurm job is listed from the beginning, and nobody's before it is submitted.
    if (placement === 'together' && facts.submit.is === 'none') return so;
    const seen = countSuspension(facts, joinLook(facts, rows, event), event.clock);
    return put(so, role, countQuiet(seen, so, event));
  }, record);
  // Deadlines pass without any new fact, so what follows from a look is computed even when it changed nothing.
  const judged = settle(after, plan, event);
  return same(judged, record) ? record : { ...judged, lastLook: event.look };
}

/** What follows from the facts: verdicts, the ending, what is released. Verdicts and the ending are sticky. */
function settle(record: SessionRecord, plan: Plan, event: SessionEvent): SessionRecord {
  const times = 'times' in event ? event.times : NOT_NOW;
  const { clock } = event;
  const progress = event.type === 'submit-answered' || event.type === 'spool';
  let after = judgeAll(progress ? { ...record, deaths: 0 } : record, plan, times, clock);
  const ending = after.ending ? undefined : decideEnding(after, plan, clock);
  if (ending) after = judgeAll(end(after, ending.why, ending.text, clock), plan, times, clock);
  for (const { role } of plan.roles) {
    const facts = factsOf(after, role);
    const released = releasedNow(facts, after, clock);
    if (released !== facts.released) after = put(after, role, { ...facts, released });
  }
  return judgeAll(after, plan, times, clock);
}

function judgeAll(record: SessionRecord, plan: Plan, times: SlurmTimes, clock: number): SessionRecord {
  return Object.entries(record.roles).reduce((so, [role, facts]) => {
    if (facts.verdict) return so;
    const now = { clock, times, closed: so.closed !== undefined, ending: so.ending };
    const fair = withoutSuspension(planRole(plan, role), so.roles);
    const verdict = judge(fair.role, fair.facts ?? facts, now);
    return verdict ? put(so, role, { ...facts, verdict, verdictClock: clock }) : so;
  }, record);
}

type Why = NonNullable<SessionRecord['ending']>['why'];
const end = (record: SessionRecord, why: Why, text: string, clock: number): SessionRecord => ({
  ...record,
  state: 'ending',
  ending: record.ending ?? { why, text, clock },
});

const factsOf = (record: SessionRecord, role: string): RoleFacts => record.roles[role] ?? noFacts();

function put(record: SessionRecord, role: string, facts: RoleFacts): SessionRecord {
  if (!(role in record.roles) || same(record.roles[role], facts)) return record;
  return { ...record, roles: { ...record.roles, [role]: facts } };
}

/** Records are plain data and small: their text is their identity. */
const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
