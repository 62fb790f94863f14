import { slurmJobName } from '../shared/ids.ts';
import type { RolePlan } from '../shared/plan/plan.ts';
import type { Action, ActionContext } from './action.ts';
import { submitRole } from './submit-role.ts';

export const submitService: Action = {
  runs: 'after-success',
  run: (context) => submitRole(context, '', withCompanion(context)),
};

/** One heterogeneous Slurm job, when a client shares it: sbatch takes the second part's options after a colon. */
function withCompanion({ role, place }: ActionContext): RolePlan {
  if (!role.companion) return role;
  const name = slurmJobName(place.link.installation, place.session, place.attempt, role.companion.role);
  return {
    ...role,
    options: [...role.options, ':', `--job-name=${name}`, '--no-requeue', ...role.companion.options],
  };
}
