import type { RolePlan } from '../shared/plan/plan.ts';
import { pathName } from '../shared/yaml/issue-words.ts';
import type { ClientEntry } from './read-recipe.ts';
import type { ClientFrame } from './recipe-schema.ts';
import type { SessionContext } from './session-context.ts';

/** Where a client runs; what contradicts it is a problem. */
export function placementOf(
  entry: ClientEntry,
  frame: ClientFrame,
  options: readonly string[],
  { source, problems }: SessionContext,
): NonNullable<RolePlan['placement']> {
  const { placement = 'job' } = frame;
  const wrong = (message: string) => {
    const path = [...entry.at, 'placement'];
    problems.at(source, path, `${pathName(path, 'recipe')} ${message}`);
  };
  if (placement === 'together')
    wrong(
      "'together' (one Slurm job for both) is not supported yet in this version; use 'service', on the same node, or leave it out: a Slurm job of its own, on another node",
    );
  if (placement !== 'service') return placement;
  if (entry.foreign?.is === 'endpoint') wrong('is service, but nobody knows on which node an --endpoint is');
  if (options.some((option) => /^--(nodelist|exclude)=/.test(option)))
    wrong('and resources.nodelist or exclude both say where it runs; give one');
  if (options.some((option) => /^--nodes=(?!1$)/.test(option))) wrong('is service, which is one node');
  const { resources } = entry.target.job.recipe as { resources?: { exclusive?: unknown } };
  if (resources?.exclusive !== undefined && resources.exclusive !== false)
    wrong('is service, but the service has its node for itself (resources.exclusive)');
  return placement;
}
