import type { Plan, Side } from '../plan/plan.ts';
import { phaseOf, type RoleFacts, type Verdict } from './facts.ts';
import type { SessionRecord } from './record.ts';
import { isSuspended } from './suspension.ts';

/** One line of a session's story. */
export interface Note {
  what: string;
  role?: string;
  text: string;
}

/** What changed, in words: the session's timeline, and what wakes its waiting actions. Empty: no progress. */
export function describeChange(before: SessionRecord, after: SessionRecord, plan: Plan): Note[] {
  const notes: Note[] = [];
  if (before.attempt !== after.attempt) {
    const why = after.past.at(-1)?.state ? `asked for; the last one ${before.state}` : before.ending?.text;
    notes.push({ what: 'attempt', text: `attempt ${after.attempt}: ${why ?? ''}` });
    return notes;
  }
  if (before.state !== after.state && after.state === 'queued')
    notes.push({ what: 'queued', text: 'in the queues' });
  for (const [what, { is, text }] of Object.entries(after.staged ?? {})) {
    if (before.staged?.[what]?.is !== is) notes.push({ what: is === 'making' ? 'staging' : 'staged', text });
  }
  for (const { role, side, name } of plan.roles) {
    const was = before.roles[role];
    const is = after.roles[role];
    if (!was || !is || was === is) continue;
    notes.push(
      ...describeRole(was, is, side).map((note) => ({
        ...note,
        role,
        text: `${side} ${name}: ${note.text}`,
      })),
    );
  }
  if (!before.ending && after.ending) notes.push({ what: 'ending', text: after.ending.text });
  if (!before.closed && after.closed)
    notes.push({ what: 'releasing', text: 'its Slurm jobs are being released' });
  if (before.state !== after.state && after.endedAt !== undefined)
    notes.push({ what: after.state, text: after.state });
  return notes;
}

function describeRole(was: RoleFacts, is: RoleFacts, side: Side): Note[] {
  const notes: Note[] = [];
  const phase = phaseOf(is, side);
  // A verdict may be taken again: on a late word, or on results that are not what they should be.
  const judgedAgain = was.verdict && is.verdict && verdictText(was.verdict) !== verdictText(is.verdict);
  if (judgedAgain || phase !== phaseOf(was, side)) notes.push({ what: phase, text: phaseText(is, phase) });
  if (
    phase === 'pending' &&
    is.slurm &&
    is.slurm.reason !== was.slurm?.reason &&
    is.slurm.life === 'waiting' &&
    is.slurm.reason !== 'None'
  ) {
    notes.push({ what: 'pending', text: `pending, Slurm says ${is.slurm.reason}` });
  }
  if (!is.verdict && isSuspended(was) !== isSuspended(is))
    notes.push(
      isSuspended(is)
        ? { what: 'suspended', text: `Slurm says ${is.slurm?.word}: that counts against no limit` }
        : { what: 'resumed', text: 'no longer suspended' },
    );
  if (is.live !== was.live && !is.live && is.verdict)
    notes.push({ what: 'gone', text: 'its Slurm job is gone' });
  if (is.released !== was.released)
    notes.push({ what: 'released', text: is.released === 'yes' ? 'released' : 'released, draining' });
  return notes;
}

function phaseText(facts: RoleFacts, phase: string): string {
  const id = facts.submit.is === 'accepted' ? `Slurm job ${facts.submit.id}` : 'no Slurm job';
  if (phase === 'ended') return facts.verdict ? verdictText(facts.verdict) : 'not submitted';
  if (phase === 'pending') return `${id} submitted`;
  if (phase === 'starting' || phase === 'running')
    return `${id} ${phase} on ${facts.started?.event.host ?? '?'}`;
  if (phase === 'leaving') return `ended with exit code ${facts.exited?.event.code ?? '?'}`;
  return phase;
}

export function verdictText(verdict: Verdict): string {
  switch (verdict.is) {
    case 'succeeded':
      return verdict.note ? `succeeded (${verdict.note})` : 'succeeded';
    case 'released':
      return 'released, no longer needed';
    case 'failed':
      return `failed: ${verdict.why}`;
    case 'cancelled':
    case 'skipped':
    case 'vanished':
    case 'unknown':
      return `${verdict.is}: ${verdict.why}`;
    default:
      return verdict satisfies never;
  }
}
