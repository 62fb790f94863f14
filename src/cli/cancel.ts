import type { Command } from 'commander';
import { requestCancel } from '../producer/cancel-session.ts';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { findSessions } from '../producer/find-session.ts';
import { liveWorkers } from '../producer/live-workers.ts';
import { type SessionView, sessionView } from '../producer/session-view.ts';
import { watchSession } from '../producer/watch-session.ts';
import { UsageError } from '../shared/errors.ts';
import { isOver } from '../shared/session/record.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { EXIT } from './exit-code.ts';
import { jsonLine } from './printable-text.ts';

const FAR_BACK = 10_000;

export function addCancel(program: Command, cli: Cli): void {
  program
    .command('cancel')
    .argument('[id]', 'a session or a group: its id, a prefix of it, or @last')
    .description('end a session, or all of a group; returns when the Slurm jobs are gone')
    .option('--all', 'end every session that is not over')
    .option('--json', 'one JSON object a session')
    .addHelpText('after', '\nExample:\n  sbench cancel @last')
    .action(async (name: string | undefined, options: { all?: true; json?: true }, command: Command) => {
      if ((name === undefined) !== (options.all === true)) {
        throw new UsageError('name one session or group, or give --all', 'Example: sbench cancel @last');
      }
      await withProducer(settingsFor(cli, command), async (deps) => {
        const ids = name === undefined ? await openSessions(deps) : (await findSessions(deps, name)).ids;
        if (ids.length === 0) cli.terminal.say('no session runs or waits');
        await cancelAll(cli, deps, ids, options.json === true);
      });
    });
}

async function openSessions({ store }: ProducerDeps): Promise<string[]> {
  const { sessions } = await store.readAll(await store.list(FAR_BACK));
  return sessions.flatMap(({ record }) => (isOver(record) ? [] : [record.id]));
}

async function cancelAll(cli: Cli, deps: ProducerDeps, ids: readonly string[], json: boolean) {
  const { terminal } = cli;
  const unserved = new Set<string>();
  for (const id of ids) {
    const { cluster, state } = await requestCancel(deps, id, 'cancelled by a person');
    if (state === 'ending' && (await liveWorkers(deps.redis, cluster)).length === 0) unserved.add(cluster);
  }
  for (const cluster of unserved) {
    terminal.say(
      `No worker serves ${cluster}, so nobody cancels there yet: run 'sbench worker --clusters ${cluster}'`,
    );
  }
  // Asked first, all of them: an impatient person has cancelled even what was not waited for.
  const interrupted = terminal.interrupted();
  for (const id of ids) {
    for await (const _ of watchSession(deps, id, interrupted));
    if (interrupted.aborted) break;
    const view = await sessionView(deps, id);
    terminal.print(json ? jsonLine(view) : endText(view));
  }
  if (interrupted.aborted) {
    terminal.say('stopped waiting; the sessions are being cancelled all the same: sbench status');
    cli.exitCode = EXIT.interrupted;
  }
}

function endText({ id, state, ending }: SessionView): string {
  if (state === 'cancelled') return `${id} cancelled; its Slurm jobs are gone`;
  return `${id} ${ending?.why === 'cancelled' ? '' : 'was over: '}${state}; its Slurm jobs are gone`;
}
