/**
 * Slurm's words, mapped once. All job states of the manual pages of squeue and sacct (22.05 to 25.11);
 * a word that is none of them is kept as `unknown`, never taken for an end.
 */
const STATES = {
  PENDING: 'waiting',
  REQUEUED: 'waiting',
  REQUEUE_FED: 'waiting',
  REQUEUE_HOLD: 'waiting',
  RESV_DEL_HOLD: 'waiting',
  SPECIAL_EXIT: 'waiting',
  EXPEDITING: 'waiting',
  CONFIGURING: 'live',
  RUNNING: 'live',
  RESIZING: 'live',
  SIGNALING: 'live',
  STAGE_OUT: 'live',
  STOPPED: 'live',
  SUSPENDED: 'live',
  UPDATE_DB: 'live',
  POWER_UP_NODE: 'live',
  COMPLETING: 'ending',
  COMPLETED: 'ended',
  BOOT_FAIL: 'ended',
  CANCELLED: 'ended',
  DEADLINE: 'ended',
  FAILED: 'ended',
  LAUNCH_FAILED: 'ended',
  NODE_FAIL: 'ended',
  OUT_OF_MEMORY: 'ended',
  PREEMPTED: 'ended',
  RECONFIG_FAIL: 'ended',
  REVOKED: 'ended',
  TIMEOUT: 'ended',
} as const;

export type SlurmState = keyof typeof STATES;
export type Life = 'waiting' | 'live' | 'ending' | 'ended' | 'unknown';

export interface StateWord {
  /** Slurm's own word, without what follows it. */
  word: string;
  life: Life;
  /** Who cancelled it, when Slurm says so. */
  uid?: number;
}

/** `CANCELLED by 1001`, `CANCELLED+`, `RUNNING`: the word, and what it means for us. */
export function readState(text: string): StateWord {
  const match = /^([A-Z_]+)\+?(?: by (\d+))?$/.exec(text.trim());
  const word = match?.[1] ?? text.trim().slice(0, 60);
  const life: Life = Object.hasOwn(STATES, word) ? STATES[word as SlurmState] : 'unknown';
  return match?.[2] === undefined ? { word, life } : { word, life, uid: Number(match[2]) };
}
