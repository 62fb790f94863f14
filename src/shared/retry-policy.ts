import type { JobsOptions } from 'bullmq';
import type { ActionName } from './plan/plan.ts';

/**
 * How often an action is tried when it fails with an error that says `retry`; `wait` errors use up none.
 * `cancel` and `collect` never give up: something of ours may still be running, and results may still be there.
 */
const TRIES: Record<ActionName, number> = {
  stage: 5,
  'submit-service': 5,
  'await-ready': 5,
  'submit-client': 5,
  'poll-status': 5,
  cancel: 1_000_000,
  collect: 1_000_000,
};

export function retryPolicy(action: ActionName): JobsOptions {
  return {
    attempts: TRIES[action],
    backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
    // Without it a failed child leaves its parent waiting for ever, and nobody would release anything.
    ignoreDependencyOnFailure: true,
    // An action that is gone can be added again, and a submit would run again: retention removes them with the record.
    removeOnComplete: false,
    removeOnFail: false,
  };
}

/** The pause after so many failures before: growing, and nobody comes back in step. Milliseconds. */
export const retryPauseMs = (failures: number, random = Math.random): number =>
  1_000 * 2 ** failures * (0.5 + random() / 2);

/** Longest sleep of a waiting action, in milliseconds: the backstop for a wake-up that died with its sender. */
export const LONGEST_SLEEP_MS = 60_000;
