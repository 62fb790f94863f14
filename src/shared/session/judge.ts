import type { RolePlan } from '../plan/plan.ts';
import { explainReason, isHopeless } from '../slurm/reasons.ts';
import type { SlurmTimes } from './events.ts';
import { exitOf, phaseOf, type RoleFacts, type Verdict, waitsAgain, wasRequeued } from './facts.ts';
import type { Ending } from './record.ts';

/** Silence for so long no longer holds up a verdict. Seconds of observed time. */
const SILENCE_S = 600;
/** A Slurm job that ends without a word of its own: its word may lie in a folder that NFS still hides. Seconds. */
const LATE_WORD_S = 20;
/** Slurm tells a database that has returned what it missed: so long its "knows nothing" says nothing. Seconds. */
const CATCH_UP_S = 60;

export interface Circumstances {
  clock: number;
  times: SlurmTimes;
  /** The attempt is closed: from then on it is us who end Slurm jobs. */
  closed: boolean;
  ending: Ending | undefined;
}

/**
 * The verdict on a Slurm job, when the evidence carries one. The first rule that fits; the table is in
 * `docs/state-tables.md`.
 */
export function judge(role: RolePlan, facts: RoleFacts, now: Circumstances): Verdict | undefined {
  const { submit } = facts;
  if (submit.is === 'refused') return failed('refused', `Slurm refused it: ${submit.reason}`);
  if (submit.is === 'closed') return endedByUs(role, now);
  if (submit.is === 'none') return now.ending ? { is: 'skipped', why: now.ending.text } : undefined;
  if (wasRequeued(facts, role.side)) return failed('requeued', 'Slurm requeued it: what it held is lost');
  const evidence = exitOf(facts)
    ? byExit(role, facts, now)
    : (bySlurm(role, facts, now) ?? byAbsence(role, facts, now) ?? byDeadline(role, facts, now));
  return evidence ?? byStartLimit(role, facts, now) ?? byQueueLimit(role, facts, now);
}

/** It said how it ended; Slurm may know better. */
function byExit(role: RolePlan, facts: RoleFacts, now: Circumstances): Verdict | undefined {
  const exit = exitOf(facts);
  if (!exit) return undefined;
  const { code, why, log } = exit.event;
  const ended = facts.slurm?.life === 'ended' ? facts.slurm : undefined;
  // Nothing more will be heard from Slurm, or not for as long as its node hangs.
  const silence = lastWordSpoken(facts, now) || facts.released === 'draining';
  if (!ended && !silence && (code === 0 || code >= 128 || exit.afterEnding)) return undefined;
  if (exit.afterEnding && role.side === 'service') return { is: 'released' };
  if (code === 0) {
    if (!ended) return { is: 'succeeded', note: "by its own exit event; Slurm's last word is missing" };
    if (ended.word === 'COMPLETED') return { is: 'succeeded' };
    // Of a heterogeneous Slurm job this is how its batch script ended, which is the service's.
    if (ended.word === 'FAILED' && role.placement === 'together') return { is: 'succeeded' };
    if (ended.word === 'CANCELLED' && now.ending)
      return now.closed ? { is: 'succeeded', note: 'our release raced its end' } : undefined;
    return failed(ended.word.toLowerCase(), slurmSays(facts), log);
  }
  if (exit.afterEnding && (!ended || ended.word === 'CANCELLED')) return endedByUs(role, now);
  // That part of a Slurm job was ended by our release, after it had ended by itself.
  const byRelease = role.placement === 'together' && ended?.word === 'CANCELLED' && now.ending !== undefined;
  // 128 + signal: somebody else's doing (a time limit, an OOM kill, an administrator), and Slurm knows whose.
  if (code >= 128 && ended && ended.word !== 'COMPLETED' && ended.word !== 'FAILED' && !byRelease) {
    return failed(ended.word.toLowerCase(), slurmSays(facts), log);
  }
  return failed('exit', exitText(code, why), log);
}

/** Slurm says that it ended, and it did not say so itself. */
function bySlurm(role: RolePlan, facts: RoleFacts, now: Circumstances): Verdict | undefined {
  const word = facts.slurm;
  // An ended state seen once and then purged from the controller's memory counts like one seen twice.
  if (word?.life !== 'ended' || word.looks + (facts.gone?.looks ?? 0) < 2) return undefined;
  // The release acts before the record says `closed`: until it does, nobody knows whose doing it was.
  if (word.word === 'CANCELLED' && now.ending) return now.closed ? endedByUs(role, now) : undefined;
  const mayHaveSpoken = facts.started !== undefined || word.word === 'COMPLETED';
  if (mayHaveSpoken && now.clock - word.since < LATE_WORD_S) return undefined;
  if (word.word === 'COMPLETED')
    return failed('no-result', 'Slurm says COMPLETED, but it never said how it ended');
  return failed(word.word.toLowerCase(), slurmSays(facts));
}

/** Slurm no longer lists it, and it never said how it ended. */
function byAbsence(role: RolePlan, facts: RoleFacts, now: Circumstances): Verdict | undefined {
  const { gone, accounting } = facts;
  if (now.closed && facts.released !== 'no') return endedByUs(role, now);
  if (!gone || gone.looks < 2 || facts.submit.is !== 'accepted') return undefined;
  const absentS = gone.last - gone.since;
  const unheardOf = knowsNothing(facts, now) || (accounting?.is === 'absent' && !facts.slurm);
  if (!facts.started && unheardOf && absentS >= now.times.windowS) {
    return {
      is: 'vanished',
      why: `Slurm accepted it as ${facts.submit.id}; now neither squeue nor accounting knows it, and it never started`,
    };
  }
  if (absentS < SILENCE_S || !accounting) return undefined;
  return {
    is: 'unknown',
    why: `Slurm no longer lists it, accounting is ${accounting.is}, and it never said how it ended`,
  };
}

function byDeadline(role: RolePlan, facts: RoleFacts, now: Circumstances): Verdict | undefined {
  const phase = phaseOf(facts, role.side);
  // A service has its start limit from its first sign of life on.
  const lifeS = role.side === 'client' ? role.startLimitS : SILENCE_S;
  const since = (stamp: number | undefined) => (stamp === undefined ? 0 : now.clock - stamp);
  if (phase === 'pending' && facts.slurm?.life !== 'ended' && since(facts.runningClock) > lifeS) {
    return failed('no-life', `Slurm says RUNNING, but it gave no sign of life for ${lifeS} s`);
  }
  if (phase === 'ready' && role.runLimitS !== undefined && since(facts.ready?.clock) > role.runLimitS) {
    return failed('run-limit', `it was up for longer than ${role.runLimitS} s`);
  }
  if (phase === 'running' && role.runLimitS !== undefined && since(facts.started?.clock) > role.runLimitS) {
    return failed('run-limit', `it ran for longer than ${role.runLimitS} s`);
  }
  const limit = role.timeLimitS ?? facts.timeLimitS ?? Infinity;
  const listed = facts.slurm?.life === 'live' && !facts.gone;
  if (facts.started && !listed && since(facts.started.clock) > limit + now.times.killWaitS + SILENCE_S) {
    return { is: 'unknown', why: 'its time limit has long passed, and it never said how it ended' };
  }
  return undefined;
}

/** A service that began and is not ready; one that got a signal before is awaited, as a requeue may start it again. */
function byStartLimit(role: RolePlan, facts: RoleFacts, now: Circumstances): Verdict | undefined {
  const { started, ready } = facts;
  if (role.side !== 'service' || !started || ready || waitsAgain(facts)) return undefined;
  // From then on its end is ours.
  if (exitOf(facts) && now.ending) return undefined;
  if (now.clock - started.clock <= role.startLimitS) return undefined;
  return failed('start-limit', `it was not ready within ${role.startLimitS} s of its start`);
}

/** It waits for Slurm: to take it, in its queue, or there again (requeued before it was ready). */
function byQueueLimit(role: RolePlan, facts: RoleFacts, now: Circumstances): Verdict | undefined {
  const phase = phaseOf(facts, role.side);
  // `max_idle` bounds a client that Slurm does not take: a verdict of its own would let the next one start beside it.
  const untaken = phase === 'submitting' && role.side === 'service';
  const again = waitsAgain(facts);
  if (!(phase === 'pending' || untaken || again) || facts.slurm?.life === 'ended') return undefined;
  if (facts.runningClock !== undefined) return undefined;
  if (facts.slurm && facts.slurm.looks >= 2 && isHopeless(facts.slurm.reason)) {
    return failed(
      'hopeless',
      `Slurm will never start it: ${facts.slurm.reason} (${explainReason(facts.slurm.reason).words})`,
    );
  }
  const from = (again ? facts.slurm?.since : facts.askedClock) ?? now.clock;
  if (now.clock - from <= role.queueLimitS) return undefined;
  const reason = facts.slurm?.reason ? ` (${facts.slurm.reason})` : '';
  return failed('queue-limit', `it waited in the queue for longer than ${role.queueLimitS} s${reason}`);
}

/** Slurm has nothing to add: it lists it no longer, and accounting is absent, ignorant, or silent for long. */
function lastWordSpoken(facts: RoleFacts, now: Circumstances): boolean {
  const { gone, accounting } = facts;
  if (!gone || gone.looks < 2 || !accounting) return false;
  if (accounting.is === 'knows-nothing') return knowsNothing(facts, now);
  return accounting.is === 'absent' || now.clock - accounting.since >= SILENCE_S;
}

function knowsNothing({ accounting }: RoleFacts, now: Circumstances): boolean {
  if (accounting?.is !== 'knows-nothing') return false;
  return !accounting.afterSilence || now.clock - accounting.since >= CATCH_UP_S;
}

function endedByUs(role: RolePlan, { ending }: Circumstances): Verdict {
  const why = ending?.text ?? 'its session ended';
  if (role.side === 'service') return { is: 'released' };
  const fault = ending?.why === 'service-lost' || ending?.why === 'service-failed';
  return fault ? failed('service-lost', why) : { is: 'cancelled', why };
}

function slurmSays({ slurm }: RoleFacts): string {
  if (!slurm) return 'Slurm says nothing';
  if (slurm.word === 'CANCELLED')
    return slurm.uid === undefined ? 'cancelled' : `cancelled by uid ${slurm.uid}`;
  const reason = slurm.reason && slurm.reason !== 'None' ? ` (${slurm.reason})` : '';
  const code = slurm.exitCode && slurm.exitCode !== '0:0' ? `, exit code ${slurm.exitCode}` : '';
  return `Slurm says ${slurm.word}${reason}${code}`;
}

export function exitText(code: number, why: string | undefined): string {
  const words = why === undefined ? '' : Buffer.from(why, 'base64').toString('utf8').trim();
  return words || `it ended with exit code ${code}`;
}

const failed = (code: string, why: string, log?: string): Verdict => ({
  is: 'failed',
  code,
  why,
  ...(log === undefined ? {} : { log: Buffer.from(log, 'base64').toString('utf8') }),
});
