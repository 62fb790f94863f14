import type { Command } from 'commander';
import { readBreaker, resetBreaker } from '../shared/cluster/breaker.ts';
import { UsageError } from '../shared/errors.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { jsonLine } from './printable-text.ts';

export function addCluster(program: Command, cli: Cli): void {
  const group = program
    .command('cluster')
    .description('what a person does about a cluster')
    .addHelpText('after', '\nExample:\n  sbench cluster resume meluxina');
  group
    .command('resume')
    .argument('<name>', 'a configured cluster')
    .description('it is mended (a key, a host key, the network): workers try again at once')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench cluster resume meluxina')
    .action(async (name: string, options: { json?: true }, command: Command) => {
      const settings = settingsFor(cli, command);
      const known = Object.keys(settings.clusters);
      if (!known.includes(name)) {
        throw new UsageError(`the cluster '${name}' is not configured${didYouMean(name, known)}`);
      }
      await withProducer(settings, async ({ redis, queues }) => {
        const before = await readBreaker(redis, name);
        await resetBreaker(redis, name);
        await queues.wakeCluster(name);
        const text = before
          ? `${name}: workers try again (it was: ${before.why})`
          : `${name} had no trouble known`;
        cli.terminal.print(options.json ? jsonLine({ cluster: name, was: before ?? null }) : text);
      });
    });
}
