import type { Plan } from '../plan/plan.ts';
import { freshRoles, type SessionRecord } from './record.ts';

type Past = SessionRecord['past'][number];

/** The same plan once more, with a flow and a remote folder of its own; all that was known is kept under `past`. */
export function nextAttempt(record: SessionRecord, plan: Plan, end: Partial<Past> = {}): SessionRecord {
  const { attempt, ending, begun, closed, lastLook, roles } = record;
  return {
    ...record,
    attempt: attempt + 1,
    past: [...record.past, { attempt, ending, begun, closed, lastLook, roles, ...end }],
    ending: undefined,
    closed: undefined,
    begun: false,
    lastLook: 0,
    deaths: 0,
    roles: freshRoles(plan),
    staged: undefined,
  };
}

/** Nobody asked for this attempt: the one before vanished. Once is enough. */
export function madeByItself({ past }: SessionRecord): boolean {
  const before = past.at(-1);
  return before !== undefined && before.state === undefined;
}
