import { z } from 'zod';
import type { Side } from '../plan/plan.ts';
import { spoolEvent } from '../spool.ts';

/** A stamp of the cluster's clock of observations, in seconds. See `docs/state-tables.md`. */
export const clock = z.number();

const seen = <T extends z.ZodType>(event: T) =>
  z.object({ file: z.string(), sequence: z.number(), clock, event });

const [startedEvent, readyEvent, exitedEvent] = spoolEvent.options;

/** Slurm's last word on a Slurm job, and where it came from. */
export const slurmWord = z.object({
  id: z.number().int(),
  word: z.string(),
  life: z.enum(['waiting', 'live', 'ending', 'ended', 'unknown']),
  uid: z.number().optional(),
  reason: z.string(),
  nodes: z.string(),
  exitCode: z.string().optional(),
  /** While it waits: when Slurm expects to start it, an estimate; seconds since 1970 on the cluster's clock. */
  expectedS: z.number().optional(),
  source: z.enum(['squeue', 'sacct']),
  /** In how many looks in a row, the first at `since`, Slurm has said this word; counted up to 2. */
  looks: z.number().int(),
  since: clock,
});

export const submission = z.discriminatedUnion('is', [
  z.object({ is: z.literal('none') }),
  /** It may have happened: nothing is known until the next delivery has looked. */
  z.object({ is: z.literal('began'), clock }),
  /** `look`: only looks with a greater number can speak about it. */
  z.object({ is: z.literal('accepted'), id: z.number().int(), at: z.number(), clock, look: z.number() }),
  /** `clean`: no earlier delivery was left without an answer, so nothing of it can still appear. */
  z.object({ is: z.literal('refused'), reason: z.string(), clock, clean: z.boolean() }),
  /** Its owner file says `closed`: whatever of it still appears ends at its head. */
  z.object({ is: z.literal('closed'), clock }),
]);

export const verdict = z.discriminatedUnion('is', [
  z.object({ is: z.literal('succeeded'), note: z.string().optional() }),
  /** A service that we ended because nobody needed it any more. */
  z.object({ is: z.literal('released') }),
  z.object({ is: z.literal('failed'), code: z.string(), why: z.string(), log: z.string().optional() }),
  z.object({ is: z.literal('cancelled'), why: z.string() }),
  z.object({ is: z.literal('skipped'), why: z.string() }),
  z.object({ is: z.literal('vanished'), why: z.string() }),
  z.object({ is: z.literal('unknown'), why: z.string() }),
]);

/** All that is known of one Slurm job of an attempt. Facts are joined; the verdict is sticky. */
export const roleFacts = z.object({
  submit: submission,
  /** When a submission first began: the queue limit counts from here. */
  askedClock: clock.optional(),
  started: seen(startedEvent).optional(),
  ready: seen(readyEvent).optional(),
  /**
   * `afterEnding`: its attempt was ending before, so it ended because we released it, as far as anybody can tell. Not
   * "after closed": the release acts on the cluster before the record can say so.
   */
  exited: seen(exitedEvent).extend({ afterEnding: z.boolean() }).optional(),
  slurm: slurmWord.optional(),
  /** Slurm said RUNNING, and has not said since that it waits: the queue limit stops, a sign of life is due. */
  runningClock: clock.optional(),
  /** When Slurm said that it was suspended: that counts against none of its limits. */
  suspended: z.array(z.object({ from: clock, to: clock })).optional(),
  /** Successful looks in a row that did not list it. */
  gone: z.object({ looks: z.number().int(), since: clock, last: clock }).optional(),
  accounting: z
    .object({
      is: z.enum(['silent', 'absent', 'knows-nothing']),
      since: clock,
      last: clock,
      /** It was silent before: a database that has just returned lacks what Slurm has not told it yet. */
      afterSilence: z.boolean().optional(),
    })
    .optional(),
  /** A Slurm job of its name, owner or twin, is in Slurm's hands: it was accepted, or the last look said so. */
  live: z.boolean(),
  /** Looks in a row, since `closed`, that listed none. */
  quiet: z.object({ looks: z.number().int(), since: clock, last: clock }).optional(),
  /** All that is left of it is COMPLETING. */
  drainingSince: clock.optional(),
  /** Slurm job ids of our name that are not the owner: they end at their head. */
  twins: z.array(z.number().int()),
  timeLimitS: z.number().optional(),
  verdict: verdict.optional(),
  verdictClock: clock.optional(),
  released: z.enum(['no', 'yes', 'draining']),
});

export type SlurmWord = z.infer<typeof slurmWord>;
export type Verdict = z.infer<typeof verdict>;
export type RoleFacts = z.infer<typeof roleFacts>;

export const noFacts = (): RoleFacts => ({
  submit: { is: 'none' },
  live: false,
  twins: [],
  released: 'no',
});

/** The exit that counts: not one of a run that Slurm has started again since. */
export function exitOf(facts: RoleFacts) {
  const { exited, started } = facts;
  return exited && exited.event.restart >= (started?.event.restart ?? 0) ? exited : undefined;
}

/** Slurm started it again after it was ready (service) or had begun (client): what it held is lost. */
export function wasRequeued(facts: RoleFacts, side: Side): boolean {
  const restart = facts.started?.event.restart ?? 0;
  const begun = side !== 'service' ? facts.started : facts.ready;
  if (!begun) return false;
  return waitsAgain(facts) || (side !== 'service' ? restart > 0 : restart > begun.event.restart);
}

/** Two looks in a row since it began say that it is in the queue: the first of them may have been sent before. */
export function waitsAgain({ slurm, started, exited }: RoleFacts): boolean {
  const begun = started ?? exited;
  return begun !== undefined && slurm?.life === 'waiting' && slurm.looks >= 2 && slurm.since > begun.clock;
}

export type Phase =
  | 'none'
  | 'submitting'
  | 'pending'
  | 'starting'
  | 'ready'
  | 'running'
  | 'leaving'
  | 'ended';

/** Where a role is, computed from its facts and never stored. */
export function phaseOf(facts: RoleFacts, side: Side): Phase {
  if (facts.verdict) return 'ended';
  if (exitOf(facts)) return 'leaving';
  if (facts.ready) return 'ready';
  if (facts.started) return side !== 'service' ? 'running' : 'starting';
  switch (facts.submit.is) {
    case 'accepted':
      return 'pending';
    case 'began':
      return 'submitting';
    case 'refused':
    case 'closed':
      return 'ended';
    case 'none':
      return 'none';
    default:
      return facts.submit satisfies never;
  }
}
