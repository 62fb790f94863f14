import type { SpoolFile } from '../spool.ts';
import type { AccountingAnswer, Row, Stamp, SubmitAnswer } from './events.ts';
import { exitOf, type RoleFacts, type Verdict } from './facts.ts';

// Joins are commutative and idempotent: late and repeated news does no harm.

export function joinSubmit(facts: RoleFacts, answer: SubmitAnswer, { clock, look }: Stamp): RoleFacts {
  if (facts.submit.is === 'accepted') return facts;
  switch (answer.is) {
    case 'accepted':
      return accepted(facts, { id: answer.id, at: answer.at, clock, look });
    case 'closed':
      return { ...facts, submit: { is: 'closed', clock } };
    case 'refused':
      return { ...facts, submit: { is: 'refused', reason: answer.reason, clean: answer.clean, clock } };
    default:
      return answer satisfies never;
  }
}

/** From now on it is there, until a look that was sent later does not list it. */
const accepted = (
  facts: RoleFacts,
  given: { id: number; at: number; clock: number; look: number },
): RoleFacts => ({ ...facts, submit: { is: 'accepted', ...given }, live: true });

type Stamped = { file: string; sequence: number; event: { restart: number } };
const later = (a: Stamped, b: Stamped) =>
  a.event.restart - b.event.restart || a.sequence - b.sequence || (a.file < b.file ? -1 : 1);
const first = <T extends Stamped>(a: T | undefined, b: T): T => (a && later(a, b) <= 0 ? a : b);
const last = <T extends Stamped>(a: T | undefined, b: T): T => (a && later(a, b) >= 0 ? a : b);

export function joinSpool(
  facts: RoleFacts,
  { file, sequence, event }: SpoolFile,
  now: Stamp & { at: number; ending: boolean },
): RoleFacts {
  // Only the owner of a role gets past its script's head, so an event proves the acceptance that an answer did not.
  const known: RoleFacts =
    facts.submit.is === 'accepted'
      ? facts
      : accepted(facts, { id: event.id, at: now.at, clock: now.clock, look: now.look });
  if (known.submit.is !== 'accepted' || known.submit.id !== event.id) return facts;
  const seen = { file, sequence, clock: now.clock };
  // A repeated file keeps its first stamp: `file` is the key of the join.
  switch (event.type) {
    case 'started': {
      const started = last(known.started, { ...seen, event });
      if (known.started?.file === started.file) return known;
      // It waits no longer: if Slurm says so again, that is news.
      return { ...known, started, slurm: known.slurm?.life === 'waiting' ? undefined : known.slurm };
    }
    case 'ready':
      return known.ready?.file === file ? known : { ...known, ready: first(known.ready, { ...seen, event }) };
    case 'exited': {
      // What Slurm ran a second time (a requeue) ended for the reason of its first end.
      const afterEnding = exitOf(known)?.afterEnding ?? now.ending;
      const exited = last(known.exited, { ...seen, event, afterEnding });
      if (known.exited?.file === exited.file) return known;
      // Its own word is better evidence than a verdict that was taken without it; but what Slurm had refused, and ran all
      // the same, we end ourselves, and the signal it died of says nothing more.
      const refused = known.verdict?.is === 'failed' && known.verdict.code === 'refused';
      const keeps = refused ? event.code >= 128 : !madeWithoutExit(known.verdict);
      return { ...known, exited, verdict: keeps ? known.verdict : undefined };
    }
    default:
      return event satisfies never;
  }
}

const WITHOUT_EXIT = new Set([
  // One of two deliveries was refused, and the other's Slurm job ran.
  'refused',
  'no-result',
  'no-life',
  'node_fail',
  'failed',
  'preempted',
  'boot_fail',
  'timeout',
]);
function madeWithoutExit(verdict: Verdict | undefined): boolean {
  if (verdict?.is === 'failed') return WITHOUT_EXIT.has(verdict.code);
  return verdict?.is === 'unknown' || verdict?.is === 'vanished';
}

const ORDER: readonly Row['life'][] = ['live', 'ending', 'unknown', 'waiting', 'ended'];
const LIVE: ReadonlySet<string> = new Set(['waiting', 'live', 'ending', 'unknown']);

/** A successful look, after which the spool was emptied: what it lists under the role's name, and what it does not. */
export function joinLook(facts: RoleFacts, rows: Row[], { clock, look }: Stamp): RoleFacts {
  const lives = rows.filter((row) => LIVE.has(row.life));
  const draining = lives.length > 0 && lives.every((row) => row.life === 'ending');
  const sentBefore = facts.submit.is === 'accepted' && look <= facts.submit.look;
  const withLife = {
    ...facts,
    live: lives.length > 0 || (sentBefore && facts.live),
    drainingSince: draining ? (facts.drainingSince ?? clock) : undefined,
  };
  if (facts.submit.is !== 'accepted' || sentBefore) return withLife;
  const { id } = facts.submit;
  const others = rows.map((row) => row.id).filter((other) => other !== id && !facts.twins.includes(other));
  const twins = others.length > 0 ? [...facts.twins, ...others] : facts.twins;
  // Several with one id are the parts of one Slurm job: it is over when all of them are.
  const [row] = rows
    .filter((candidate) => candidate.id === id)
    .sort((a, b) => ORDER.indexOf(a.life) - ORDER.indexOf(b.life));
  if (!row) {
    const before = facts.gone ?? { looks: 0, since: clock };
    return { ...withLife, twins, gone: { looks: before.looks + 1, since: before.since, last: clock } };
  }
  const { timeLimitS, ...word } = row;
  const before = facts.slurm;
  const same = before?.word === word.word && before.source === word.source;
  return {
    ...withLife,
    twins,
    gone: undefined,
    accounting: undefined,
    timeLimitS: timeLimitS ?? facts.timeLimitS,
    runningClock:
      word.life === 'waiting'
        ? undefined
        : (facts.runningClock ?? (word.word === 'RUNNING' ? clock : undefined)),
    slurm: { ...word, looks: same ? Math.min(before.looks + 1, 2) : 1, since: same ? before.since : clock },
  };
}

/** Accounting speaks only for what squeue no longer lists; an unfinished state there is an old one. */
export function joinAccounting(
  facts: RoleFacts,
  { answer, goneSince }: { answer: AccountingAnswer; goneSince?: number | undefined },
  clock: number,
): RoleFacts {
  if (!facts.gone) return facts;
  // It was asked before Slurm listed it again: the answer is about what was.
  if (goneSince !== undefined && facts.gone.since !== goneSince) return facts;
  if (answer.is === 'row' && answer.row.life === 'ended') {
    const since = facts.slurm?.life === 'ended' ? facts.slurm.since : clock;
    return { ...facts, accounting: undefined, slurm: { ...answer.row, looks: 2, since } };
  }
  const is = answer.is === 'row' ? 'silent' : answer.is;
  const before = facts.accounting;
  const since = before?.is === is ? before.since : clock;
  const returned = is === 'knows-nothing' && (before?.is === 'silent' || before?.afterSilence === true);
  return {
    ...facts,
    accounting: { is, since, last: clock, ...(returned ? { afterSilence: true } : {}) },
  };
}
