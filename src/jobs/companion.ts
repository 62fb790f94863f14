import type { RolePlan } from '../shared/plan/plan.ts';
import { pathName } from '../shared/yaml/issue-words.ts';
import type { ClientEntry } from './read-recipe.ts';
import type { SessionContext } from './session-context.ts';

/** By the service's role: the client that shares its Slurm job. */
export function companionsOf(
  clients: readonly ClientEntry[],
  services: number,
  { source, problems }: Pick<SessionContext, 'source' | 'problems'>,
): Map<string, string> {
  const found = clients.filter(({ job, foreign }) => !foreign && job.recipe.placement === 'together');
  for (const { at } of clients.length > 1 || services > 1 ? found : []) {
    const path = [...at, 'placement'];
    const message =
      'is together, which is one service and one client: the next client would wait for what this one holds';
    problems.at(source, path, `${pathName(path, 'recipe')} ${message}`);
  }
  return new Map(found.map(({ role, target }) => [target.role, role]));
}

/** The two plans of one heterogeneous Slurm job: Slurm takes both parts or none, and holds both until both are over. */
export function joined(service: RolePlan, client: RolePlan): { service: RolePlan; client: RolePlan } {
  const { timeLimitS, options } = service;
  const time = options.filter((option) => option.startsWith('--time='));
  const ofClient = [...client.options.filter((option) => !option.startsWith('--time=')), ...time];
  const { timeLimitS: _, ...rest } = client;
  return {
    service: { ...service, companion: { role: client.role, options: ofClient } },
    client: { ...rest, options: ofClient, ...(timeLimitS === undefined ? {} : { timeLimitS }) },
  };
}
