import { styleText } from 'node:util';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { liveWorkers } from '../producer/live-workers.ts';
import { type SessionView, sessionView } from '../producer/session-view.ts';
import { type TimelineNote, watchSession } from '../producer/watch-session.ts';
import { printable } from '../shared/yaml/problem.ts';
import { EXIT, exitCodeOfSession } from './exit-code.ts';
import { lastWords } from './last-words.ts';
import { jsonLine } from './printable-text.ts';
import { resultsPlace, resultTables } from './show-results.ts';
import type { Terminal } from './terminal.ts';
import { sayWaits, unservedText } from './wait-lines.ts';

const COLORS: Record<string, Parameters<typeof styleText>[0]> = {
  ready: 'green',
  succeeded: 'green',
  failed: 'red',
  unknown: 'red',
  cancelled: 'yellow',
  ending: 'bold',
};

/** Prints a session's story until it is over, then what it measured. @returns the exit code. */
export async function follow(
  deps: ProducerDeps,
  terminal: Terminal,
  id: string,
  json: boolean,
): Promise<number> {
  const interrupted = terminal.interrupted();
  const over = new AbortController();
  const either = AbortSignal.any([over.signal, interrupted]);
  // That nobody works was said by whoever called.
  const said = { key: 'unserved', at: Date.now() };
  const waits = json ? undefined : sayWaits(deps, terminal, id, either, said);
  try {
    for await (const note of watchSession(deps, id, interrupted)) {
      if (interrupted.aborted) break;
      terminal.print(json ? jsonLine(note) : noteLine(note, terminal.color));
    }
  } finally {
    over.abort();
    await waits;
  }
  if (interrupted.aborted) {
    terminal.say(`stopped watching; the session goes on: sbench watch ${id}`);
    return EXIT.interrupted;
  }
  const view = await sessionView(deps, id);
  if (json) terminal.print(jsonLine(view));
  else printEnd(terminal, view);
  return exitCodeOfSession(view);
}

export function noteLine({ at, what, text }: TimelineNote, color: boolean): string {
  const time = new Date(at).toTimeString().slice(0, 8);
  const word = printable(what).padEnd(10);
  const style = COLORS[what];
  return `${time} ${color && style ? styleText(style, word) : word} ${printable(text)}`;
}

function printEnd(terminal: Terminal, view: SessionView): void {
  if (view.kind === 'stage') return;
  for (const text of [...lastWords(view), ...resultTables(view)]) terminal.print(`\n${text}`);
  terminal.print(`\nresults  ${printable(resultsPlace(view))}`);
}

/** A session that nobody works on waits for ever: who submits or watches it has to know. */
export async function warnIfUnserved(deps: ProducerDeps, terminal: Terminal, cluster: string): Promise<void> {
  if ((await liveWorkers(deps.redis, cluster)).length > 0) return;
  terminal.say(unservedText(cluster));
}
