import type { Command } from 'commander';
import { readBreaker, resetBreaker } from '../shared/cluster/breaker.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { addClusterCheck } from './cluster-check.ts';
import { addClusterList } from './cluster-list.ts';
import { clusterNamed } from './cluster-named.ts';
import { addClusterStatus } from './cluster-status.ts';
import { addClusterTrust } from './cluster-trust.ts';
import { jsonLine } from './printable-text.ts';

export function addCluster(program: Command, cli: Cli): void {
  const group = program
    .command('cluster')
    .description('what a person does about a cluster')
    .addHelpText('after', '\nExample:\n  sbench cluster check meluxina');
  addClusterCheck(group, cli);
  addClusterList(group, cli);
  addClusterStatus(group, cli);
  addClusterTrust(group, cli);
  group
    .command('resume')
    .argument('<name>', 'a configured cluster')
    .description('it is mended (a key, a host key, the network): workers try again at once')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench cluster resume meluxina')
    .action(async (name: string, options: { json?: true }, command: Command) => {
      const settings = settingsFor(cli, command);
      clusterNamed(settings, name);
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
