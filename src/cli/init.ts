import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { sshTargetOf } from '../shared/cluster/ssh-target-of.ts';
import { visitCluster } from '../shared/cluster/visit-cluster.ts';
import { UsageError } from '../shared/errors.ts';
import { addClusterToFile } from '../shared/settings/add-cluster.ts';
import { expandHome, findConfiguration } from '../shared/settings/find-configuration.ts';
import { loadSettings } from '../shared/settings/load-settings.ts';
import type { ClusterSettings } from '../shared/settings/settings.ts';
import { readSurvey } from '../shared/slurm/survey.ts';
import { readSshConfig } from '../shared/ssh/read-ssh-config.ts';
import { sshAliases } from '../shared/ssh/ssh-aliases.ts';
import { type Cli, collect } from './cli.ts';
import { chooseDefaults, describeSite } from './init-questions.ts';
import { jsonLine, printableLines } from './printable-text.ts';
import type { Terminal } from './terminal.ts';
import { trustHosts } from './trust-hosts.ts';

interface Options {
  hostname?: string;
  port?: number;
  username?: string;
  keyFilename?: string;
  proxyJump?: string;
  workdir?: string;
  account?: string;
  partition?: string;
  qos?: string;
  fingerprint?: string[];
  yes?: true;
  json?: true;
}

export function addInit(program: Command, cli: Cli): void {
  program
    .command('init')
    .argument('[name]', 'a host of your ~/.ssh/config, or a new name with --hostname')
    .description(
      'your own cluster: looks at its host key and its Slurm, and writes it into the configuration',
    )
    .option('--hostname <host>', 'the login node, when the name is no ssh alias')
    .option('--port <number>', 'its SSH port', readPort)
    .option('--username <name>', 'who you are there')
    .option('--key-filename <file>', 'the key to log in with')
    .option('--proxy-jump <host>', '[user@]host[:port] to go through')
    .option('--workdir <folder>', 'where records and results are kept there (else $HOME/.sbench)')
    .option('--account <name>', 'the project that pays')
    .option('--partition <name>', 'where Slurm jobs go unless a recipe says otherwise')
    .option('--qos <name>', 'the quality of service unless a recipe says otherwise')
    .option('--fingerprint <SHA256:...>', 'instead of asking about the host key (repeatable)', collect)
    .option('--yes', "ask nothing: what is left open is Slurm's own default")
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench init meluxina')
    .action(async (given: string | undefined, options: Options, command: Command) => {
      const { terminal } = cli;
      const config = command.optsWithGlobals<{ config?: string }>().config;
      const name = given ?? (await chooseName(terminal));
      const file = configurationFile(terminal, config);
      refuseKnown(terminal, file, name);
      const section = connectionOf(options, terminal);
      const cluster = settingsOf(terminal, name, section);
      const target = sshTargetOf(cluster, terminal.home);
      const hosts = await trustHosts(terminal, target, {
        cluster: name,
        fingerprints: options.fingerprint ?? [],
        command: `sbench init ${name}`,
      });
      const env = { ...terminal.env };
      const survey = readSurvey(
        await visitCluster({ settings: cluster, target, env }, (visit) => visit.ask('survey')),
      );
      const site = describeSite(survey);
      if (!options.json) terminal.say(printableLines(site));
      const defaults = await chooseDefaults(terminal, survey, options);
      const written = Object.keys(defaults).length === 0 ? section : { ...section, defaults };
      addClusterToFile(file, name, written, surroundings(terminal));
      const { partitions, accounts } = survey;
      terminal.print(
        options.json
          ? jsonLine({ cluster: name, file, written, hosts, partitions, accounts })
          : `${name} is written to ${file}. Next: sbench cluster check ${name}`,
      );
    });
}

async function chooseName(terminal: Terminal): Promise<string> {
  const aliases = sshAliases(readSshConfig(terminal.home));
  const there =
    aliases.length === 0
      ? 'Your ~/.ssh/config names no host.'
      : `Your ~/.ssh/config has: ${aliases.join(', ')}.`;
  const usage = new UsageError('which cluster?', `${there} Say: sbench init NAME [--hostname HOST]`);
  if (!terminal.ask) throw usage;
  const answer = (await terminal.ask(`${there}\nWhich one is the login node? `))?.trim();
  if (!answer) throw usage;
  return answer;
}

const surroundings = ({ cwd, env, home }: Terminal) => ({ cwd, env, home });

/** The file that counts already, the one asked for, or a person's own. */
function configurationFile(terminal: Terminal, asked: string | undefined): string {
  const named = asked ?? (terminal.env.SBENCH_CONFIG || undefined);
  if (named !== undefined) return resolve(terminal.cwd, expandHome(named, terminal.home));
  return findConfiguration(surroundings(terminal)) ?? join(terminal.home, '.config/sbench/config.yaml');
}

/** Before anything is asked, or sent anywhere. */
function refuseKnown(terminal: Terminal, file: string, name: string): void {
  const { clusters } = existsSync(file)
    ? loadSettings({ ...surroundings(terminal), config: file })
    : { clusters: {} as Record<string, unknown> };
  if (!(name in clusters)) return;
  throw new UsageError(
    `${file} has a cluster '${name}' already`,
    `Look at it: sbench cluster check ${name}. To make it anew, take it out of the file first.`,
  );
}

function connectionOf(options: Options, { cwd, home }: Terminal): Record<string, unknown> {
  const { hostname, port, username, keyFilename, proxyJump, workdir } = options;
  // Absolute: the file may lie elsewhere.
  const key = keyFilename?.startsWith('~/')
    ? keyFilename
    : keyFilename && resolve(cwd, expandHome(keyFilename, home));
  const all = { hostname, port, username, key_filename: key, proxy_jump: proxyJump, workdir };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** As the file will mean it; a name or a folder that the file may not hold is refused here. */
function settingsOf(terminal: Terminal, name: string, section: Record<string, unknown>): ClusterSettings {
  const found = loadSettings({
    ...surroundings(terminal),
    text: JSON.stringify({ clusters: { [name]: section } }),
  }).clusters[name];
  if (!found) throw new UsageError(`'${name}' is not a name for a cluster`);
  return found;
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('It must be a number from 1 to 65535.');
  return port;
}
