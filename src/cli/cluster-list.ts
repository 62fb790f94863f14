import type { Command } from 'commander';
import { definitionOf, sshTargetOf } from '../shared/cluster/ssh-target-of.ts';
import { coerceError } from '../shared/errors.ts';
import { clusterStore } from '../shared/redis/cluster-store.ts';
import { originWords, type Settings } from '../shared/settings/settings.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { jsonLine } from './printable-text.ts';
import { table } from './table.ts';

export function addClusterList(group: Command, cli: Cli): void {
  group
    .command('list')
    .description('the configured clusters, where each is written, and what the installation knows it as')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench cluster list')
    .action(async (options: { json?: true }, command: Command) => {
      const { terminal } = cli;
      const settings = settingsFor(cli, command);
      const registered = await registeredAs(settings);
      if (!registered) terminal.say('no Redis answers: what the installation knows is left out');
      const clusters = Object.values(settings.clusters).map((cluster) => ({
        name: cluster.name,
        default: settings.defaultCluster === cluster.name,
        definition: definition(() => definitionOf(cluster, sshTargetOf(cluster, terminal.home))),
        origin: originOf(settings, cluster.name),
        registered: registered?.[cluster.name] ?? null,
      }));
      if (options.json) {
        terminal.print(jsonLine({ file: settings.file ?? null, clusters }));
        return;
      }
      if (clusters.length === 0) {
        terminal.print('no cluster is configured: sbench init');
        return;
      }
      const rows = clusters.map((each) => [
        each.default ? `${each.name} (default)` : each.name,
        each.definition,
        each.registered === null ? '-' : each.registered === each.definition ? 'the same' : each.registered,
        each.origin,
      ]);
      const titles = ['CLUSTER', 'USER@HOST:PORT:WORKDIR', 'REGISTERED AS', 'FROM'].map((title) => ({
        title,
      }));
      terminal.print(table(titles, rows));
    });
}

/** What is wrong with one (its ssh alias, say) hides no other. */
function definition(make: () => string): string {
  try {
    return make();
  } catch (error) {
    return `(${coerceError(error).message})`;
  }
}

function originOf({ origins }: Settings, name: string): string {
  const own = Object.entries(origins).find(
    ([key, { from }]) =>
      (key === `clusters.${name}` || key.startsWith(`clusters.${name}.`)) && from !== 'default',
  );
  return originWords(own?.[1]);
}

async function registeredAs(settings: Settings): Promise<Record<string, string | undefined> | undefined> {
  const names = Object.keys(settings.clusters);
  try {
    return await withProducer(settings, async ({ redis }) => {
      const noted = await Promise.all(names.map((name) => clusterStore(redis, name).noted()));
      return Object.fromEntries(names.map((name, index) => [name, noted[index]?.definition]));
    });
  } catch {
    return undefined;
  }
}
