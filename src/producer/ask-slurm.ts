import { sshTargetOf } from '../shared/cluster/ssh-target-of.ts';
import { visitCluster } from '../shared/cluster/visit-cluster.ts';
import { coerceError, SbenchError } from '../shared/errors.ts';
import type { Plan, RolePlan } from '../shared/plan/plan.ts';
import type { ClusterSettings } from '../shared/settings/settings.ts';
import { testOnly } from '../shared/slurm/remote/test-only.ts';

/** What Slurm says of a Slurm job that sbench would submit. */
export interface TrialView {
  role: string;
  name: string;
  /** Which of several sessions have it, from 1. */
  sessions: number[];
  is: 'would-start' | 'refused' | 'limit' | 'unanswered';
  /** An estimate: if it were submitted now. */
  wouldStartAt?: string;
  reason?: string;
}

export type SlurmSays =
  | { cluster: string; asked: true; trials: TrialView[] }
  | { cluster: string; asked: false; why: string; hint?: string };

export interface AskSlurmGiven {
  clusters: Readonly<Record<string, ClusterSettings>>;
  home: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

/**
 * `sbatch --test-only` for every Slurm job of the plans: one login a cluster, and nothing is submitted. Needs no Redis.
 * A cluster that cannot be asked says nothing about the plans.
 */
export async function askSlurm(plans: readonly Plan[], given: AskSlurmGiven): Promise<SlurmSays[]> {
  const names = new Set(plans.map(({ cluster }) => cluster.name));
  return Promise.all([...names].map((name) => askCluster(name, plans, given)));
}

async function askCluster(
  cluster: string,
  plans: readonly Plan[],
  { clusters, home, env, signal }: AskSlurmGiven,
): Promise<SlurmSays> {
  try {
    const settings = clusters[cluster];
    if (!settings) throw new Error('it is not configured');
    const target = sshTargetOf(settings, home);
    const trials: TrialView[] = [];
    await visitCluster({ settings, target, env, signal }, async (visit) => {
      // One at a time: each has the controller look through its whole queue.
      for (const { role, sessions } of questions(cluster, plans)) {
        const trial = await testOnly(visit.ask, role);
        trials.push({
          role: role.role,
          name: role.name,
          sessions,
          is: trial.is,
          ...(trial.is === 'would-start'
            ? trial.atS !== undefined && { wouldStartAt: new Date(trial.atS * 1000).toISOString() }
            : { reason: trial.reason }),
        });
      }
    });
    return { cluster, asked: true, trials };
  } catch (error) {
    if (signal?.aborted) throw error;
    const { message } = coerceError(error);
    const hint = error instanceof SbenchError ? error.hint : undefined;
    return { cluster, asked: false, why: message, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Sessions of a matrix often ask Slurm for the same: it is asked once. */
function questions(cluster: string, plans: readonly Plan[]): { role: RolePlan; sessions: number[] }[] {
  const all = new Map<string, { role: RolePlan; sessions: number[] }>();
  for (const [index, plan] of plans.entries()) {
    if (plan.cluster.name !== cluster) continue;
    for (const role of plan.roles) {
      const key = JSON.stringify([role.role, role.options]);
      const known = all.get(key);
      if (known) known.sessions.push(index + 1);
      else all.set(key, { role, sessions: [index + 1] });
    }
  }
  return [...all.values()];
}
