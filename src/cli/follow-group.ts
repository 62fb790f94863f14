import type { ProducerDeps } from '../producer/connect-producer.ts';
import { groupView } from '../producer/group-view.ts';
import { watchSessions } from '../producer/watch-session.ts';
import type { Group } from '../shared/redis/group-store.ts';
import { EXIT, exitCodeOfSessions } from './exit-code.ts';
import { noteLine, warnIfUnserved } from './follow.ts';
import { groupText } from './group-text.ts';
import { jsonLine } from './printable-text.ts';
import type { Terminal } from './terminal.ts';

/** Prints the stories of a group's sessions until all are over, then what became of each. @returns the exit code. */
export async function followGroup(
  deps: ProducerDeps,
  terminal: Terminal,
  group: Group,
  json: boolean,
): Promise<number> {
  const interrupted = terminal.interrupted();
  for (const cluster of group.clusters) await warnIfUnserved(deps, terminal, cluster);
  for await (const { id, note } of watchSessions(deps, group.sessions, interrupted)) {
    if (interrupted.aborted) break;
    terminal.print(json ? jsonLine({ session: id, ...note }) : `${id} ${noteLine(note, terminal.color)}`);
  }
  if (interrupted.aborted) {
    terminal.say(`stopped watching; the sessions go on: sbench watch ${group.id}`);
    return EXIT.interrupted;
  }
  const view = await groupView(deps, group.id);
  terminal.print(json ? jsonLine(view) : `\n${groupText(view)}`);
  const measured = view.sessions.some(({ kind }) => kind !== 'stage');
  if (!json && measured) terminal.say(`sbench results ${group.id} shows their files`);
  return exitCodeOfSessions(view.sessions);
}
