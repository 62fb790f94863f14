import { setTimeout as pause } from 'node:timers/promises';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { ConnectionError, coerceError } from '../shared/errors.ts';
import { isOver, type SessionRecord } from '../shared/session/record.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { followRound } from '../shared/slurm/remote/follow-logs.ts';
import type { Place } from '../shared/slurm/remote/place.ts';
import { withPlace } from './place.ts';
import type { LogPrinter } from './show-logs.ts';
import type { Terminal } from './terminal.ts';

const LOOK_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

interface Following {
  settings: Settings;
  deps: ProducerDeps;
  terminal: Terminal;
  printer: LogPrinter;
  roles: readonly string[];
  /** So much of the end of each log that is there already. */
  bytes: number;
  /** Ctrl-C. */
  interrupted: AbortSignal;
}

/**
 * Logs as they grow, until their Slurm jobs have ended; through a new attempt, too. The session's record tells when
 * that is, so the login node is asked for the logs only: one command in ten minutes, and no worker.
 */
export async function followLogs(record: SessionRecord, following: Following): Promise<void> {
  const { deps, roles, interrupted } = following;
  let now: SessionRecord | undefined = record;
  for (let attempt = record.attempt; now && !interrupted.aborted; attempt = now.attempt) {
    const ended = new AbortController();
    const watch = watchEnd(deps, { id: record.id, attempt }, roles, ended, interrupted);
    if (await isThere(deps, now, roles, ended.signal, interrupted))
      await followAttempt(now, following, ended.signal);
    ended.abort();
    await watch;
    now = (await deps.store.read(record.id))?.record;
    if (!now || isOver(now) || now.attempt === attempt) return;
  }
}

/** Whether every role asked for has ended, so that nothing will be written any more. */
export function areOver(record: SessionRecord, roles: readonly string[]): boolean {
  if (isOver(record)) return true;
  return roles.every((role) => {
    const facts = record.roles[role];
    return facts?.verdict !== undefined && !facts.live;
  });
}

const anySubmitted = ({ roles: all }: SessionRecord, roles: readonly string[]): boolean =>
  roles.some((role) => (all[role]?.submit.is ?? 'none') !== 'none');

/** Before a submission there is no log, and no reason to log in. False: it ended before. */
async function isThere(
  { store }: ProducerDeps,
  record: SessionRecord,
  roles: readonly string[],
  ended: AbortSignal,
  interrupted: AbortSignal,
): Promise<boolean> {
  let now: SessionRecord | undefined = record;
  while (now && !anySubmitted(now, roles)) {
    if (ended.aborted || interrupted.aborted) return false;
    await rest(LOOK_MS, [ended, interrupted]);
    now = (await store.read(record.id).catch(() => undefined))?.record ?? now;
    if (now.attempt !== record.attempt) return false;
  }
  return now !== undefined;
}

async function watchEnd(
  { store }: ProducerDeps,
  { id, attempt }: { id: string; attempt: number },
  roles: readonly string[],
  ended: AbortController,
  interrupted: AbortSignal,
): Promise<void> {
  while (!ended.signal.aborted && !interrupted.aborted) {
    // An outage of Redis only holds up the end.
    const session = await store.read(id).catch(() => 'away' as const);
    const gone = session === undefined;
    if (
      gone ||
      (session !== 'away' && (session.record.attempt !== attempt || areOver(session.record, roles)))
    )
      return ended.abort();
    await rest(LOOK_MS, [ended.signal, interrupted]);
  }
}

async function followAttempt(
  record: SessionRecord,
  { settings, deps, terminal, printer, roles, bytes, interrupted }: Following,
  ended: AbortSignal,
): Promise<void> {
  const from = new Map(roles.map((role) => [role, -bytes]));
  const onBytes = (role: string, chunk: Buffer) => printer.push(role, chunk);
  let failures = 0;
  const round = async (place: Place): Promise<boolean> => {
    const how = await followRound(place, from, onBytes, { ended, stop: interrupted });
    await terminal.drained?.();
    if (how === 'lost' && !interrupted.aborted) throw lost();
    failures = 0;
    if (how === 'none') await rest(LOOK_MS, [ended, interrupted]);
    return how === 'end' || (how === 'none' && ended.aborted);
  };
  await withPlace(settings, deps, record, async (place) => {
    for (let over = false; !over && !interrupted.aborted; ) {
      try {
        over = await round(place);
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        if (failures === 0) terminal.say(`${coerceError(error).message}; trying again`);
        failures += 1;
        await rest(Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** failures), [interrupted]);
      }
    }
  });
}

const lost = () =>
  new ConnectionError('the connection to the cluster broke', { code: 'LOST', remedy: 'wait' });

async function rest(ms: number, signals: AbortSignal[]): Promise<void> {
  await pause(ms, undefined, { signal: AbortSignal.any(signals) }).catch(() => undefined);
}
