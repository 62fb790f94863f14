import type { Command } from 'commander';
import { sshTargetOf } from '../shared/cluster/ssh-target-of.ts';
import { type Cli, collect, settingsFor } from './cli.ts';
import { clusterNamed } from './cluster-named.ts';
import { jsonLine } from './printable-text.ts';
import { trustHosts } from './trust-hosts.ts';

export function addClusterTrust(group: Command, cli: Cli): void {
  group
    .command('trust')
    .argument('<name>', 'a configured cluster')
    .description(
      'shows the host key of its login node, and of its jump hosts; known from then on if you say yes',
    )
    .option('--fingerprint <SHA256:...>', 'instead of asking: what you have compared (repeatable)', collect)
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench cluster trust meluxina')
    .action(async (name: string, options: { fingerprint?: string[]; json?: true }, command: Command) => {
      const { terminal } = cli;
      const target = sshTargetOf(clusterNamed(settingsFor(cli, command), name), terminal.home);
      const hosts = await trustHosts(terminal, target, {
        cluster: name,
        fingerprints: options.fingerprint ?? [],
        command: `sbench cluster trust ${name}`,
      });
      const known = hosts.map(({ host, type, fingerprint, file }) => {
        return `${host} ${type} ${fingerprint}${file === undefined ? ' (known already)' : ''}`;
      });
      terminal.print(options.json ? jsonLine({ cluster: name, hosts }) : known.join('\n'));
    });
}
