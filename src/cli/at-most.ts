import type { Plan, RolePlan } from '../shared/plan/plan.ts';

export interface AtMost {
  nodeHours: number;
  gpuHours: number;
  /** Slurm jobs without a time limit of the recipe's: the partition's counts, and it is not known here. */
  unlimited: string[];
}

/** What sessions hold at most, when every Slurm job runs to its time limit. */
export function atMost(plans: readonly Plan[]): AtMost {
  const sum: AtMost = { nodeHours: 0, gpuHours: 0, unlimited: [] };
  for (const role of plans.flatMap(({ roles }) => roles)) {
    if (role.timeLimitS === undefined) {
      if (!sum.unlimited.includes(role.role)) sum.unlimited.push(role.role);
      continue;
    }
    const hours = role.timeLimitS / 3600;
    sum.nodeHours += nodesOf(role) * hours;
    sum.gpuHours += gpusOf(role) * hours;
  }
  return sum;
}

function option(role: RolePlan, name: string): string | undefined {
  return role.options.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** `--nodes=2` or `--nodes=2-4`, of which the most counts. */
const nodesOf = (role: RolePlan): number => Number(/(\d+)$/.exec(option(role, 'nodes') ?? '1')?.[1] ?? 1);

/** `4`, `a100:4`, `gpu:a100:4(S:0)`, and lists of those. */
function gpusOf(role: RolePlan): number {
  const all = option(role, 'gpus');
  if (all !== undefined) return amount(all);
  const each = option(role, 'gpus-per-node');
  if (each !== undefined) return nodesOf(role) * amount(each);
  const generic = (option(role, 'gres') ?? '').split(',').filter((part) => /^gpu\b/.test(part));
  if (generic.length > 0) return nodesOf(role) * amount(generic.join(','));
  const perTask = option(role, 'gpus-per-task');
  return perTask === undefined ? 0 : amount(perTask) * Number(option(role, 'ntasks') ?? nodesOf(role));
}

const amount = (text: string): number =>
  text
    .split(',')
    .map((part) => Number(/(?:^|:)(\d+)(?:\(|$)/.exec(part)?.[1] ?? 1))
    .reduce((sum, count) => sum + count, 0);
