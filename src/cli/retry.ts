import type { Command } from 'commander';
import { findSession } from '../producer/find-session.ts';
import { retrySession } from '../producer/retry-session.ts';
import { sessionView } from '../producer/session-view.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { follow, warnIfUnserved } from './follow.ts';
import { jsonLine } from './printable-text.ts';

export function addRetry(program: Command, cli: Cli): void {
  program
    .command('retry')
    .argument('<id>', 'a session that is over: its id, a prefix of it, or @last')
    .description('a new attempt of a session: the same plan; what the last one left is kept')
    .option('--force', 'also when it succeeded, or when its Slurm jobs only drain')
    .option('--watch', 'stay until its end; the exit code tells how it ended')
    .option('--json', 'one JSON object; with --watch one a line, the session last')
    .addHelpText('after', '\nExample:\n  sbench retry @last --watch')
    .action(
      async (
        name: string,
        options: { force?: true; watch?: true; json?: true },
        command: Command,
      ): Promise<void> => {
        const { terminal } = cli;
        await withProducer(settingsFor(cli, command), async (deps) => {
          const id = await findSession(deps, name);
          const { attempt, cluster } = await retrySession(deps, id, options);
          if (options.watch) {
            terminal.say(`attempt ${attempt} of ${id}`);
            await warnIfUnserved(deps, terminal, cluster);
            cli.exitCode = await follow(deps, terminal, id, options.json === true);
            return;
          }
          terminal.print(options.json ? jsonLine(await sessionView(deps, id)) : `${id} attempt ${attempt}`);
          await warnIfUnserved(deps, terminal, cluster);
        });
      },
    );
}
