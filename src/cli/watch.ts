import type { Command } from 'commander';
import { findSession } from '../producer/find-session.ts';
import { isOver } from '../shared/session/record.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { follow, warnIfUnserved } from './follow.ts';

export function addWatch(program: Command, cli: Cli): void {
  program
    .command('watch')
    .argument('<id>', 'a session: its id, a prefix of it, or @last')
    .description('what happens to a session, until its end; the exit code tells how it ended')
    .option('--json', 'one JSON object a line, the session last')
    .addHelpText('after', '\nExample:\n  sbench watch @last')
    .action(async (name: string, options: { json?: true }, command: Command) => {
      await withProducer(settingsFor(cli, command), async (deps) => {
        const id = await findSession(deps.store, name);
        const session = await deps.store.read(id);
        if (session && !isOver(session.record)) {
          await warnIfUnserved(deps, cli.terminal, session.record.cluster);
        }
        cli.exitCode = await follow(deps, cli.terminal, id, options.json === true);
      });
    });
}
