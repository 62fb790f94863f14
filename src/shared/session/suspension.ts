import type { RolePlan } from '../plan/plan.ts';
import type { RoleFacts } from './facts.ts';

/** Slurm's words for a Slurm job whose processes are stopped: nothing of it can make progress. */
const HELD: ReadonlySet<string> = new Set(['SUSPENDED', 'STOPPED']);
/** A scheduler that shares nodes by turns suspends every minute: only so many are kept apart. */
const MOST = 40;

type Spans = NonNullable<RoleFacts['suspended']>;

export const isSuspended = ({ slurm, gone }: RoleFacts): boolean =>
  slurm !== undefined && !gone && HELD.has(slurm.word);

/** What a look adds to the times in which a Slurm job was suspended: from a look that said so up to the next one. */
export function countSuspension(before: RoleFacts, after: RoleFacts, clock: number): RoleFacts {
  const spans = before.suspended ?? [];
  const last = spans.at(-1);
  if (last && isSuspended(before))
    return { ...after, suspended: [...spans.slice(0, -1), { ...last, to: clock }] };
  if (!isSuspended(after)) return after;
  const [first, second, ...rest] = [...spans, { from: clock, to: clock }];
  if (!first || !second || spans.length < MOST)
    return { ...after, suspended: [...spans, { from: clock, to: clock }] };
  // The two oldest become one of the same length.
  return { ...after, suspended: [{ from: second.from - (first.to - first.from), to: second.to }, ...rest] };
}

/** How long any of these was suspended since then, in seconds of observed time. */
export function suspendedSince(since: number | undefined, roles: readonly (RoleFacts | undefined)[]): number {
  if (since === undefined) return 0;
  let until = since;
  let seconds = 0;
  const spans = roles.flatMap((facts): Spans => facts?.suspended ?? []);
  for (const { from, to } of spans.sort((a, b) => a.from - b.from)) {
    seconds += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return seconds;
}

/** A role with its limits, extended by the time in which it, or a service that it uses, was suspended. */
export function withoutSuspension(
  role: RolePlan,
  roles: Readonly<Record<string, RoleFacts>>,
): { role: RolePlan; facts: RoleFacts | undefined } {
  const facts = roles[role.role];
  const all = [facts, ...role.needs.map((name) => roles[name])];
  if (!facts || !all.some((each) => each?.suspended)) return { role, facts };
  const { started, ready, runningClock } = facts;
  const since = (stamp: number | undefined) => suspendedSince(stamp, all);
  const timeLimitS = role.timeLimitS ?? facts.timeLimitS;
  return {
    role: {
      ...role,
      startLimitS: role.startLimitS + since(started?.clock),
      ...(role.runLimitS === undefined
        ? {}
        : { runLimitS: role.runLimitS + since(role.side === 'service' ? ready?.clock : started?.clock) }),
      // Slurm counts it so, too.
      ...(timeLimitS === undefined ? {} : { timeLimitS: timeLimitS + since(started?.clock) }),
    },
    facts:
      runningClock === undefined ? facts : { ...facts, runningClock: runningClock + since(runningClock) },
  };
}
