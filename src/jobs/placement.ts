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
  if (placement === 'together') checkTogether(entry, frame, options, wrong);
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

function checkTogether(
  entry: ClientEntry,
  frame: ClientFrame,
  options: readonly string[],
  wrong: (message: string) => void,
): void {
  if (entry.foreign) wrong('is together, and the service of another session is in a Slurm job of its own');
  if (options.some((option) => /^--nodes=(?!1$)/.test(option))) wrong('is together, which is one node');
  if (frame.resources?.time !== undefined)
    wrong('is together: both are held for the service’s resources.time; leave the client’s out');
}
