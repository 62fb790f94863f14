import { expand, resolveVariables, undeclaredWords, VARIABLE_TOKENS } from '../jobs/expand.ts';
import type { ForeignTarget } from '../shared/plan/foreign-target.ts';
import type { ClusterPlan } from '../shared/plan/plan.ts';
import type { ClusterSettings, Settings } from '../shared/settings/settings.ts';
import type { LocatedSource } from '../shared/yaml/located-source.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import type { Problems } from '../shared/yaml/problems.ts';
import type { PlanRequest } from './plan-request.ts';

/** The one that the recipe names, that of the service it uses, the default, or the only one. */
export function chooseCluster(
  source: LocatedSource,
  settings: Settings,
  problems: Problems,
  target: ForeignTarget | undefined,
): ClusterSettings | undefined {
  const names = Object.keys(settings.clusters);
  const asked = source.valueAt(['cluster']);
  const name =
    typeof asked === 'string'
      ? asked
      : ((target?.is === 'session' ? target.cluster : undefined) ??
        settings.defaultCluster ??
        (names.length === 1 ? names[0] : undefined));
  if (target?.is === 'session' && name !== target.cluster) {
    const where = `session ${target.session} runs on ${target.cluster}, and this recipe is for ${name}`;
    problems.at(source, ['cluster'], `${where}: a client has to be on its service's cluster`);
    return undefined;
  }
  if (name !== undefined && Object.hasOwn(settings.clusters, name)) return settings.clusters[name];
  const configured = names.length === 0 ? 'none is configured' : `there are: ${names.join(', ')}`;
  if (name === undefined) {
    problems.at(
      source,
      [],
      `the recipe names no cluster, and ${names.length === 0 ? configured : `several are configured: ${names.join(', ')}`}`,
    );
  } else {
    problems.at(
      source,
      ['cluster'],
      `the cluster '${name}' is not configured${didYouMean(name, names) || `; ${configured}`}`,
    );
  }
  return undefined;
}

/** What the cluster's configuration names: its variables, and its folder for images and models. */
export function clusterPlaces(cluster: ClusterSettings, settings: Settings, problems: Problems) {
  const wrong = (key: string, message: string) => {
    const path = `clusters.${cluster.name}.${key}`;
    const origin = settings.origins[path];
    const [file, line, column] =
      origin?.from === 'file'
        ? [origin.file, origin.line, origin.column]
        : [settings.file ?? 'the configuration', 0, 0];
    problems.add({ file, line, column, message: `${path} ${message}` });
  };
  const declared = resolveVariables(cluster.variables);
  for (const { name, message } of declared.problems) wrong(`variables.${name}`, message);
  const cache = expand(cluster.cache.replace(/^~\//, '$HOME/'), {
    variables: declared.variables,
    tokens: VARIABLE_TOKENS,
  });
  for (const name of cache.undeclared) wrong('cache', undeclaredWords(name));
  const variables = new Map(declared.variables).set('SBENCH_CACHE', cache.value);
  return { variables, cache: cache.value };
}

/** Where it is, frozen. */
export function clusterPlan(cluster: ClusterSettings, resolve: PlanRequest['resolveTarget']): ClusterPlan {
  const { name, workdir } = cluster;
  const target = resolve?.(cluster) ?? {
    hostname: cluster.hostname ?? name,
    port: cluster.port ?? 22,
    username: cluster.username ?? '',
  };
  return {
    name,
    hostname: target.hostname,
    port: target.port,
    username: target.username,
    workdir,
    stage: cluster.stage.where,
  };
}
