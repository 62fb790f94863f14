import { setTimeout as pause } from 'node:timers/promises';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { type SessionView, sessionView } from '../producer/session-view.ts';
import { printable } from '../shared/yaml/problem.ts';
import { type Pending, pendingText, stillPendingText } from './pending-text.ts';
import type { Terminal } from './terminal.ts';

const LOOK_MS = 2_000;
const HOUR_MS = 3_600_000;

interface WaitLine {
  /** The same key is the same wait: it is said once, and then once an hour. */
  key: string;
  what: string;
  text: string;
  /** The same, hours later. */
  still: string;
}

export const unservedText = (cluster: string): string =>
  `queued. No worker serves ${cluster}: run 'sbench worker --clusters ${cluster}'`;

/** What a session waits for that its own story does not tell; the first that holds up all others. */
export function waitLine(view: SessionView, now = new Date()): WaitLine | undefined {
  const { cluster, endedAt } = view;
  if (endedAt !== undefined) return undefined;
  const plain = (key: string, what: string, text: string) => ({ key, what, text, still: text });
  if (cluster.workers.length === 0) return plain('unserved', 'waits', unservedText(cluster.name));
  if (cluster.unreachable) {
    const { needsPerson, why } = cluster.unreachable;
    return needsPerson
      ? plain(
          'person',
          'waits',
          `${cluster.name} needs a person: ${why}. Then: sbench cluster resume ${cluster.name}`,
        )
      : plain('unreachable', 'waits', `${cluster.name} cannot be reached: ${why}`);
  }
  if (cluster.controllerSilent !== undefined)
    return plain('silent', 'waits', `Slurm on ${cluster.name} does not answer: ${cluster.controllerSilent}`);
  return pendingLine(view, now);
}

function pendingLine({ roles, cluster }: SessionView, now: Date): WaitLine | undefined {
  const waiting = Object.entries(roles).flatMap(([role, { side, name, pending }]) =>
    pending?.reason === undefined ? [] : [{ role, title: `${side} ${name}: `, pending: pending as Pending }],
  );
  if (waiting.length === 0) return undefined;
  const title = (text: string) => (Object.keys(roles).length > 1 ? text : '');
  return {
    key: waiting.map(({ role, pending }) => `${role} ${pending.reason}`).join(' '),
    what: 'pending',
    text: waiting.map((each) => `${title(each.title)}${pendingText(each.pending, now)}`).join('; '),
    still: waiting
      .map((each) => `${title(each.title)}${stillPendingText(each.pending, cluster.seenAt, now)}`)
      .join('; '),
  };
}

/**
 * Says why a session waits, beside its story: one line a change, one an hour otherwise; on a terminal the last one
 * is kept up to date in its place. Ends with `signal`.
 */
export async function sayWaits(
  deps: ProducerDeps,
  terminal: Terminal,
  id: string,
  signal: AbortSignal,
  said: { key: string; at: number } = { key: '', at: 0 },
): Promise<void> {
  const line = (what: string, text: string, now: Date) =>
    `${now.toTimeString().slice(0, 8)} ${what.padEnd(10)} ${printable(text)}`;
  for (let last = said; !signal.aborted; ) {
    await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
    // An outage of Redis holds up the story, too.
    const view = signal.aborted ? undefined : await sessionView(deps, id).catch(() => undefined);
    if (!view || signal.aborted) continue;
    const now = new Date();
    const found = waitLine(view, now);
    if (found && (found.key !== last.key || now.getTime() - last.at >= HOUR_MS)) {
      terminal.print(line(found.what, found.key === last.key ? found.still : found.text, now));
      last = { key: found.key, at: now.getTime() };
    } else if (!found) last = { key: '', at: 0 };
    terminal.inPlace?.(found && line(found.what, found.still, now));
  }
  terminal.inPlace?.(undefined);
}
