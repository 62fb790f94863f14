import { dirname, resolve } from 'node:path';
import { defaultRedis } from '../redis/private-redis.ts';
import { checkLocated } from '../yaml/check-located.ts';
import { LocatedSource } from '../yaml/located-source.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { Problems } from '../yaml/problems.ts';
import { readTextFile } from '../yaml/read-text-file.ts';
import { overrideFromEnvironment } from './environment.ts';
import { expandHome, findConfiguration, type Surroundings } from './find-configuration.ts';
import { withRedisPassword } from './redis-password.ts';
import { type ClusterConfiguration, configuration } from './schema.ts';
import type { ClusterSettings, Origin, Settings } from './settings.ts';

const DEFAULT_WORKDIR = '.sbench';

/** The configuration file with the environment over it. Throws a RecipeError with every problem. */
export function loadSettings(surroundings: Surroundings): Settings {
  const { text } = surroundings;
  const file = text === undefined ? findConfiguration(surroundings) : undefined;
  const source = LocatedSource.parse(
    text ?? (file === undefined ? '' : readTextFile(file, file, 'configuration')),
    file ?? 'the environment',
  );
  const inFile = source.valueAt(['clusters']);
  const names = inFile !== null && typeof inFile === 'object' ? Object.keys(inFile) : [];
  const { overrides, problems: wrong } = overrideFromEnvironment(source, names, surroundings.env);

  const problems = new Problems();
  for (const problem of wrong) problems.add(problem);
  // An empty file is an empty configuration.
  const found =
    source.value === null ? {} : checkLocated(source, configuration, problems, { what: 'configuration' });
  const known = Object.keys(found?.clusters ?? {});
  const chosen = found?.default_cluster;
  if (chosen !== undefined && !known.includes(chosen)) {
    problems.at(
      source,
      ['default_cluster'],
      `default_cluster '${chosen}' is not one of the clusters${didYouMean(chosen, known)}`,
    );
  }
  problems.throwIfAny();

  const fromEnvironment = new Map(overrides.map(({ name, path }) => [path.join('.'), name]));
  const origins = originsOf(source, fromEnvironment);
  const local = (path: string, key: string): string => {
    const origin = origins[key];
    const folder = origin?.from === 'file' ? dirname(origin.file) : surroundings.cwd;
    return resolve(folder, expandHome(path, surroundings.home));
  };
  // Without a prototype: a cluster that nobody configured is undefined, whatever its name.
  const clusters: Record<string, ClusterSettings> = Object.create(null);
  for (const [name, cluster] of Object.entries(found?.clusters ?? {})) {
    clusters[name] = clusterSettings(name, cluster ?? {}, (path, key) =>
      local(path, `clusters.${name}.${key}`),
    );
    for (const key of ['workdir', 'cache', 'container.runtime', 'stage.where'])
      origins[`clusters.${name}.${key}`] ??= { from: 'default' };
  }
  return {
    file,
    clusters,
    defaultCluster: chosen,
    redis:
      withRedisPassword(
        found?.redis?.replace(/^unix:\/\/(?!\/)(.+)$/, (_, path: string) => `unix://${local(path, 'redis')}`),
        surroundings.env,
      ) ?? defaultRedis(surroundings.env, surroundings.home),
    plugins: found?.plugins?.map((name, index) => {
      const origin = origins.plugins ?? origins[`plugins.${index}`];
      const folder = origin?.from === 'file' ? dirname(origin.file) : surroundings.cwd;
      return { name: expandHome(name, surroundings.home), folder, key: `plugins[${index}]` };
    }),
    results: found?.results === undefined ? undefined : local(found.results, 'results'),
    secrets: found?.secrets === undefined ? undefined : local(found.secrets, 'secrets'),
    retentionS: found?.retention,
    origins,
  };
}

function clusterSettings(
  name: string,
  cluster: ClusterConfiguration,
  local: (path: string, key: string) => string,
): ClusterSettings {
  const { known_hosts: hosts } = cluster;
  const workdir =
    cluster.workdir?.replace(/^(\$HOME|\$\{HOME\}|~)\//, '').replace(/(?<!\/)\/+$/, '') ?? DEFAULT_WORKDIR;
  return {
    name,
    hostname: cluster.hostname,
    port: cluster.port,
    username: cluster.username,
    keyFilename: cluster.key_filename === undefined ? undefined : local(cluster.key_filename, 'key_filename'),
    knownHosts:
      hosts === undefined
        ? undefined
        : (Array.isArray(hosts) ? hosts : [hosts]).map((path) => local(path, 'known_hosts')),
    proxyJump: cluster.proxy_jump,
    workdir,
    variables: cluster.variables ?? {},
    modules: cluster.modules ?? [],
    defaults: cluster.defaults ?? {},
    presets: cluster.presets ?? {},
    container: {
      runtime: cluster.container?.runtime ?? 'none',
      module: cluster.container?.module,
      args: cluster.container?.args ?? [],
    },
    cache: cluster.cache ?? `${workdir.startsWith('/') ? '' : '$HOME/'}${workdir}/cache`,
    stage: { where: cluster.stage?.where ?? 'login', resources: cluster.stage?.resources ?? {} },
  };
}

/** Every leaf of the configuration and where it was written. */
function originsOf(
  source: LocatedSource,
  fromEnvironment: ReadonlyMap<string, string>,
): Record<string, Origin> {
  const origins: Record<string, Origin> = Object.create(null);
  const visit = (value: unknown, path: (string | number)[]): void => {
    const key = path.join('.');
    const name = fromEnvironment.get(key);
    if (name !== undefined) origins[key] = { from: 'environment', name };
    else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [inner, child] of Object.entries(value)) visit(child, [...path, inner]);
    } else {
      const { file, line, column } = source.problem(path, '');
      origins[key] = { from: 'file', file, line, column };
    }
  };
  if (source.value !== null) visit(source.value, []);
  return origins;
}
