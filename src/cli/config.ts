import type { Command } from 'commander';
import { looksSecret } from '../shared/redact.ts';
import { withoutPassword } from '../shared/redis/connect.ts';
import { type ClusterSettings, originWords, type Settings } from '../shared/settings/settings.ts';
import { durationWords } from '../shared/yaml/duration.ts';
import { type Cli, settingsFor } from './cli.ts';
import { jsonLine } from './printable-text.ts';
import { table } from './table.ts';

export function addConfig(program: Command, cli: Cli): void {
  program
    .command('config')
    .description('every value of the configuration, and where it comes from')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench config --config ./sbench.config.yaml')
    .action((options: { json?: true }, command: Command) => {
      const settings = settingsFor(cli, command);
      const values = [...valuesOf(settings), ...secretsIn(cli.terminal.env)];
      if (options.json) {
        cli.terminal.print(jsonLine({ file: settings.file ?? null, values }));
        return;
      }
      const titles = ['KEY', 'VALUE', 'FROM'].map((title) => ({ title }));
      const rows = values.map(({ key, value, origin }) => [key, value, origin]);
      cli.terminal.print(`configuration file: ${settings.file ?? 'none'}\n\n${table(titles, rows)}`);
    });
}

interface Value {
  key: string;
  value: string;
  origin: string;
}

function valuesOf(settings: Settings): Value[] {
  const { defaultCluster, redis, results, secrets, retentionS, clusters, origins } = settings;
  const values: [string, unknown][] = [
    ['redis', withoutPassword(redis)],
    ['results', results ?? '(results stay on the cluster)'],
    ['secrets', secrets ?? '(none; SBENCH_SECRET_<NAME> of the workers)'],
    ['retention', retentionS === undefined ? '(nothing is removed by itself)' : durationWords(retentionS)],
    ['default_cluster', defaultCluster],
    ['plugins', settings.plugins?.map(({ name }) => name)],
    ...Object.values(clusters).flatMap((cluster) =>
      Object.entries(asConfigured(cluster)).map(([key, value]): [string, unknown] => [
        `clusters.${cluster.name}.${key}`,
        value,
      ]),
    ),
  ];
  return values
    .flatMap(([key, value]) => leaves(key, value))
    .map(([key, value]) => ({
      key,
      value: looksSecret(key) ? '***' : plain(value),
      origin: originWords(origins[key]),
    }));
}

/** In the words of the configuration file. */
const asConfigured = (cluster: ClusterSettings): Record<string, unknown> => ({
  hostname: cluster.hostname,
  port: cluster.port,
  username: cluster.username,
  key_filename: cluster.keyFilename,
  known_hosts: cluster.knownHosts,
  proxy_jump: cluster.proxyJump,
  workdir: cluster.workdir,
  variables: cluster.variables,
  modules: cluster.modules.length > 0 ? cluster.modules : undefined,
  defaults: cluster.defaults,
  presets: cluster.presets,
  container: {
    runtime: cluster.container.runtime,
    module: cluster.container.module,
    args: cluster.container.args.length > 0 ? cluster.container.args : undefined,
  },
  cache: cluster.cache,
  stage: cluster.stage,
});

function leaves(key: string, value: unknown): [string, unknown][] {
  if (value === undefined) return [];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[key, value]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(`${key}.${name}`, inner));
}

const plain = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));

/** That they are set is worth knowing; what they are is nobody's business. */
function secretsIn(env: Readonly<Record<string, string | undefined>>): Value[] {
  return Object.keys(env)
    .filter(
      (name) =>
        /^SBENCH_(SSH_(JUMP_)?(PASSWORD|PASSPHRASE)|(DASHBOARD_(PASSWORD|TOKEN)|REDIS_PASSWORD)$)/.test(
          name,
        ) && env[name],
    )
    .sort()
    .map((name) => ({ key: name, value: '***', origin: `$${name}` }));
}
