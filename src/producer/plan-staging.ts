import { createHash } from 'node:crypto';
import { type Artifact, artifactsOf, type Plan } from '../shared/plan/plan.ts';
import { actionTree } from './action-tree.ts';
import { type PlanRequest, planSessions } from './plan-session.ts';

/**
 * Sessions that only stage what a recipe's Slurm jobs need: one, or one for each of its combinations that needs
 * something else. @throws RecipeError with every problem at once.
 */
export function planStagings(request: PlanRequest): Plan[] {
  const all = planSessions({ ...request, anyTarget: true }).map(stagingOf);
  const different = [...new Map(all.map((plan) => [needs(plan), plan])).values()];
  return different.map((plan, index) => {
    const { group, ...alone } = plan;
    return group && different.length > 1
      ? { ...alone, group: { ...group, index: index + 1, of: different.length } }
      : alone;
  });
}

/** The same plan without its services and clients; the Slurm job that makes what is missing stays. */
function stagingOf(plan: Plan): Plan {
  const artifacts = new Map(artifactsOf(plan).map((each) => [nameOf(each), each]));
  return {
    ...plan,
    kind: 'stage',
    // With the key of a session it is other work.
    recipe: {
      ...plan.recipe,
      sha256: createHash('sha256').update(`${plan.recipe.sha256}\0stage`).digest('hex'),
    },
    roles: plan.roles.filter(({ side }) => side === 'stage'),
    artifacts: [...artifacts.values()],
    actions: actionTree([], []),
  };
}

const needs = ({ cluster, artifacts = [] }: Plan): string => [cluster.name, ...artifacts.map(nameOf)].join();

const nameOf = (artifact: Artifact): string => {
  if (artifact.kind === 'node') return artifact.as;
  return artifact.kind === 'made' ? artifact.key : `${artifact.as} ${artifact.sha256}`;
};
