import { AuthenticationError, ConnectionError, RedisError, UsageError } from '../shared/errors.ts';
import { resultSchema } from '../shared/result/result.ts';
import type { SessionRecord } from '../shared/session/record.ts';

export const EXIT = {
  succeeded: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  cancelled: 4,
  invalid: 5,
  regression: 6,
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `
Exit codes: 0 succeeded, 1 failed, 2 usage or recipe, 3 cannot reach Redis or cluster, 4 cancelled,
5 finished but invalid, 6 worse than before (compare), 130 interrupted.`;

export function exitCodeOfError(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof RedisError) return EXIT.unreachable;
  if (error instanceof ConnectionError || error instanceof AuthenticationError) return EXIT.unreachable;
  return EXIT.failed;
}

/** By a session's final state: a script can go on or stop by it. */
export function exitCodeOfSession({ state, results }: Pick<SessionRecord, 'state' | 'results'>): number {
  if (state === 'cancelled') return EXIT.cancelled;
  if (state !== 'succeeded') return EXIT.failed;
  return Object.values(results).some(isInvalid) ? EXIT.invalid : EXIT.succeeded;
}

/** The worst of several: a failure before a cancel, a cancel before a result that is none. */
export function exitCodeOfSessions(sessions: readonly Pick<SessionRecord, 'state' | 'results'>[]): number {
  const codes = new Set(sessions.map(exitCodeOfSession));
  return [EXIT.failed, EXIT.cancelled, EXIT.invalid].find((code) => codes.has(code)) ?? EXIT.succeeded;
}

/** Validity codes only say what to know about a number; a result that says `failed` is none. */
function isInvalid(result: unknown): boolean {
  const parsed = resultSchema.safeParse(result);
  return parsed.success && parsed.data.status !== 'ok';
}
