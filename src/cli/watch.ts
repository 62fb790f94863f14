import type { Command } from 'commander';
import { findSessions } from '../producer/find-session.ts';
import { isOver } from '../shared/session/record.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { follow, warnIfUnserved } from './follow.ts';
import { followGroup } from './follow-group.ts';

export function addWatch(program: Command, cli: Cli): void {
  program
    .command('watch')
    .argument('<id>', 'a session or a group: its id, a prefix of it, or @last')
    .description('what happens, until the end; the exit code tells how it ended (of a group, the worst)')
    .option('--json', 'one JSON object a line, the session or group last')
    .addHelpText('after', '\nExample:\n  sbench watch @last')
    .action(async (name: string, options: { json?: true }, command: Command) => {
      await withProducer(settingsFor(cli, command), async (deps) => {
        const { group, ids } = await findSessions(deps, name);
        if (group) {
          cli.exitCode = await followGroup(deps, cli.terminal, group, options.json === true);
          return;
        }
        const id = ids[0] ?? name;
        const session = await deps.store.read(id);
        if (session && !isOver(session.record)) {
          await warnIfUnserved(deps, cli.terminal, session.record.cluster);
        }
        cli.exitCode = await follow(deps, cli.terminal, id, options.json === true);
      });
    });
}
