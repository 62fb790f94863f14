import type { ActionName } from '../plan/plan.ts';
import type { RoleProvenance } from '../result/provenance.ts';
import type { SpoolFile } from '../spool.ts';
import type { SlurmWord } from './facts.ts';

/** One Slurm job as a successful look listed it. */
export type Row = Omit<SlurmWord, 'looks' | 'since'> & { timeLimitS?: number };

export type AccountingAnswer =
  | { is: 'row'; row: Row }
  /** Accounting answered, and has no such Slurm job. */
  | { is: 'knows-nothing' }
  /** Accounting did not answer. */
  | { is: 'silent' }
  /** The site keeps no accounting. */
  | { is: 'absent' };

export type SubmitAnswer =
  | { is: 'accepted'; id: number; at: number }
  | { is: 'refused'; reason: string; clean: boolean }
  /** The owner file says `closed`: nothing of this role can act any more. */
  | { is: 'closed' };

/** What Slurm's configuration says about time, in seconds. */
export interface SlurmTimes {
  windowS: number;
  killWaitS: number;
}

/**
 * When something was learned: the cluster's clock of observations in seconds, and the number of the last look that
 * was sent before. Look numbers order what no clock can.
 */
export interface Stamp {
  clock: number;
  look: number;
}

/** Everything that can happen to a session. `attempt`: news of another attempt changes nothing. */
export type SessionEvent = Stamp &
  (
    | { type: 'enqueued' }
    | { type: 'began'; attempt: number }
    | { type: 'died'; attempt: number; action: ActionName }
    /** Something large is on the cluster, or is being made there. */
    | { type: 'staged'; attempt: number; what: string; is: 'making' | 'present'; text: string }
    /** All of it is there, and nothing else is to be done. */
    | { type: 'all-staged'; attempt: number }
    | { type: 'submit-began'; attempt: number; role: string }
    | { type: 'submit-answered'; attempt: number; role: string; answer: SubmitAnswer }
    | { type: 'spool'; attempt: number; files: { role: string; file: SpoolFile }[]; at: number }
    | { type: 'looked'; attempt: number; rows: { role: string; row: Row }[]; times: SlurmTimes }
    | {
        type: 'accounted';
        attempt: number;
        /** `goneSince`: since when squeue had not listed it when accounting was asked. */
        answers: { role: string; answer: AccountingAnswer; goneSince?: number }[];
        times: SlurmTimes;
      }
    | { type: 'cancel-requested'; text: string }
    /** The service of another session, which a client of ours uses, is no more. */
    | { type: 'target-lost'; attempt: number; text: string }
    /** A client of another session uses our service now: it says so again and again. */
    | { type: 'used'; by: string }
    /** Somebody wants another attempt of what is over. `attempt`: the one that they saw end. */
    | { type: 'retried'; attempt: number; force: boolean }
    | { type: 'action-failed'; attempt: number; action: ActionName; role?: string; text: string }
    /** The release was done; `owners`: what the owner files said after it. */
    | { type: 'closed'; attempt: number; windowS: number; owners: { role: string; answer: SubmitAnswer }[] }
    | {
        type: 'collected';
        attempt: number;
        /** The exit event of each role that was looked at: one that came since must be looked at, too. */
        checked: Record<string, string>;
        /** Roles whose results are missing or wrong, and why. */
        invalid: { role: string; why: string }[];
        results: Record<string, unknown>;
        provenance?: Record<string, RoleProvenance>;
        folder?: string;
        /** Milliseconds since 1970, for people. */
        endedAt: number;
      }
  );
