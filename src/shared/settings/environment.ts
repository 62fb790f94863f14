import type { LocatedSource } from '../yaml/located-source.ts';
import type { Problem } from '../yaml/problem.ts';
import { scalarNode } from '../yaml/set-override.ts';

const PREFIX = 'SBENCH_CLUSTERS__';
const TOP = new Map([
  ['SBENCH_REDIS', 'redis'],
  ['SBENCH_RESULTS', 'results'],
  ['SBENCH_SECRETS', 'secrets'],
  ['SBENCH_RETENTION', 'retention'],
  ['SBENCH_DEFAULT_CLUSTER', 'default_cluster'],
]);

// Read by the SSH adapter straight from the environment, so that they are in no object that could be stored.
const SECRET = /__(PASSWORD|PASSPHRASE)$/;

export interface Override {
  name: string;
  path: string[];
}

/** Puts `SBENCH_CLUSTERS__MELUXINA__USERNAME` and the like over what the file says. */
export function overrideFromEnvironment(
  source: LocatedSource,
  clusters: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { overrides: Override[]; problems: Problem[] } {
  const overrides: Override[] = [];
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === undefined || value === '' || SECRET.test(name)) continue;
    const path = pathOf(name, clusters);
    if (!path) continue;
    const message = source.override(path, scalarNode(value), name);
    if (message === undefined) overrides.push({ name, path });
    else problems.push({ file: name, line: 0, column: 0, message });
  }
  return { overrides, problems };
}

function pathOf(name: string, clusters: readonly string[]): string[] | undefined {
  const top = TOP.get(name);
  if (top !== undefined) return [top];
  if (!name.startsWith(PREFIX)) return undefined;
  const [cluster = '', key = '', ...rest] = name.slice(PREFIX.length).split('__');
  const known = clusters.find(
    (candidate) => candidate.toUpperCase().replaceAll('-', '_') === cluster.toUpperCase(),
  );
  const section = key.toLowerCase();
  // A variable's name is a person's own; everything else is a key of ours, in lower case.
  const inner = section === 'variables' ? rest : rest.map((part) => part.toLowerCase());
  return ['clusters', known ?? cluster.toLowerCase(), section, ...inner];
}
