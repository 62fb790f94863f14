import type { Command } from 'commander';
import { type ClusterHealth, clusterHealth } from '../producer/cluster-health.ts';
import { UsageError } from '../shared/errors.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { clusterNamed } from './cluster-named.ts';
import { jsonLine, printableLines } from './printable-text.ts';

export function addClusterStatus(group: Command, cli: Cli): void {
  group
    .command('status')
    .argument('[name]', 'a configured cluster; else all')
    .description(
      'health of SSH, controller and accounting as last seen, who serves it, and what it was asked',
    )
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench cluster status meluxina')
    .action(async (name: string | undefined, options: { json?: true }, command: Command) => {
      const settings = settingsFor(cli, command);
      const names = name === undefined ? Object.keys(settings.clusters) : [clusterNamed(settings, name).name];
      if (names.length === 0) throw new UsageError('no cluster is configured', 'Add one: sbench init');
      await withProducer(settings, async (deps) => {
        const views = await Promise.all(names.map((each) => clusterHealth(deps, each)));
        const text = views.map(textOf).join('\n\n');
        cli.terminal.print(options.json ? jsonLine({ clusters: views }) : printableLines(text));
      });
    });
}

function textOf(health: ClusterHealth): string {
  const { name, ssh, counts, workers, slurm, loginNode, lastLookAgeS } = health;
  const seen = lastLookAgeS === undefined ? '' : `; the queue was seen ${Math.round(lastLookAgeS)} s ago`;
  const lines: [string, string][] = [
    ['ssh', sshWords(name, ssh, loginNode)],
    ['controller', answerWords(health.controller)],
    ['accounting', answerWords(health.accounting)],
    ['workers', workers.length === 0 ? `none: sbench worker --clusters ${name}` : workers.join(', ')],
    ['observer', health.observed ? `${health.observer ?? 'yes'}${seen}` : `none now${seen}`],
    ['sessions', `${health.openSessions} tracked`],
    [
      'asked',
      `${counts.handshakes ?? 0} logins, ${counts.commands ?? 0} commands, ${counts.controllerQueries ?? 0} queries to the controller, ${counts.accountingQueries ?? 0} to accounting`,
    ],
    ['registered', health.registered ?? 'no worker has served it yet'],
  ];
  const title = slurm === undefined ? name : `${name} (Slurm ${slurm}, ${loginNode ?? '?'})`;
  return [title, ...lines.map(([what, text]) => `  ${what.padEnd(11)} ${text}`)].join('\n');
}

function sshWords(cluster: string, ssh: ClusterHealth['ssh'], loginNode: string | undefined): string {
  if (ssh.ok) return loginNode === undefined ? 'not tried yet' : 'ok';
  return ssh.needsPerson
    ? `needs a person: ${ssh.why}; then: sbench cluster resume ${cluster}`
    : `away: ${ssh.why}; next try in ${Math.round(ssh.pauseMs / 1000)} s`;
}

function answerWords(answer: ClusterHealth['controller']): string {
  if (!answer) return 'not asked yet';
  const age = `${Math.round(answer.ageS)} s ago`;
  if (answer.said === 'absent') return `this Slurm keeps none (${age})`;
  return answer.ok ? `ok, ${age}` : `did not answer ${age}: ${answer.said}`;
}
