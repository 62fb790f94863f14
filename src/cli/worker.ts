import type { Command } from 'commander';
import { UsageError } from '../shared/errors.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import { type Cli, settingsFor } from './cli.ts';

export function addWorker(program: Command, cli: Cli): void {
  program
    .command('worker')
    .description('do the work of sessions until SIGTERM or Ctrl-C; start as many as you like, on any host')
    .option('--clusters <names>', 'serve only these, separated by commas (else all that are configured)')
    .addHelpText('after', '\nExample:\n  sbench worker --clusters meluxina')
    .action(async (options: { clusters?: string }, command: Command) => {
      const settings = settingsFor(cli, command);
      const known = Object.keys(settings.clusters);
      const clusters = options.clusters?.split(',').map((name) => name.trim());
      for (const name of clusters ?? []) {
        if (known.includes(name)) continue;
        const there = known.length === 0 ? 'none is' : `there are: ${known.join(', ')}`;
        throw new UsageError(
          `the cluster '${name}' is not configured${didYouMean(name, known) || `; ${there}`}`,
        );
      }
      if (known.length === 0) throw new UsageError('no cluster is configured to serve');
      // Only here: no other command needs what a worker is made of.
      const { startWorker } = await import('../workers/worker.ts');
      const worker = await startWorker(settings, { clusters, signal: cli.terminal.interrupted() });
      await worker.closed;
    });
}
