import type { ActionNode, Plan, RolePlan } from '../shared/plan/plan.ts';
import { gpusOf, nodesOf } from './held-by.ts';

export interface AtMost {
  nodeHours: number;
  gpuHours: number;
  /** The most that Slurm jobs can hold at the same time. */
  gpusAtOnce: number;
  /** Slurm jobs without a time limit of the recipe's: the partition's counts, and it is not known here. */
  unlimited: string[];
  /** Slurm jobs whose number of GPUs only the cluster knows; they are in no sum. */
  unknownGpus: string[];
}

/** What sessions hold at most, when every Slurm job runs to its time limit. */
export function atMost(plans: readonly Plan[]): AtMost {
  const each = plans.map(ofOne);
  const sum = (what: 'nodeHours' | 'gpuHours' | 'gpusAtOnce') => each.reduce((so, one) => so + one[what], 0);
  return {
    nodeHours: sum('nodeHours'),
    gpuHours: sum('gpuHours'),
    gpusAtOnce: sum('gpusAtOnce'),
    unlimited: [...new Set(each.flatMap(({ unlimited }) => unlimited))],
    unknownGpus: [...new Set(each.flatMap(({ unknownGpus }) => unknownGpus))],
  };
}

function ofOne({ roles, actions }: Plan): AtMost {
  const services = roles.filter(({ side }) => side === 'service');
  const stage = roles.filter(({ side }) => side === 'stage');
  const clients = roles.filter(({ side }) => side === 'client');
  const inTurn = oneAfterAnother(actions);
  // A client does not outlive the services that it needs: what they may run is what it may, however long it asked for.
  const window = (client: RolePlan) =>
    Math.min(...services.filter(({ role }) => client.needs.includes(role)).map(limitOf), Infinity);
  const limits = new Map(roles.map((role) => [role, limitOf(role)]));
  for (const client of clients) limits.set(client, Math.min(limitOf(client), window(client)));
  // Those that run in turn share that time; the sum is largest when the largest take it first.
  const shared = inTurn ? Math.max(...clients.map(window)) : Infinity;
  const hours = (amount: (role: RolePlan) => number): number => {
    let left = shared;
    const seconds = [...services, ...stage, ...clients.toSorted((a, b) => amount(b) - amount(a))].map(
      (role) => {
        const limit = limits.get(role) ?? Infinity;
        const runs = role.side === 'client' ? Math.min(limit, left) : limit;
        if (role.side === 'client') left -= runs === Infinity ? 0 : runs;
        return runs === Infinity ? 0 : runs * amount(role);
      },
    );
    return seconds.reduce((so, one) => so + one, 0) / 3600;
  };
  const gpus = (role: RolePlan) => gpusOf(role.options) ?? 0;
  const total = (of: readonly RolePlan[]) => of.map(gpus).reduce((so, one) => so + one, 0);
  const measuring = inTurn ? Math.max(0, ...clients.map(gpus)) : total(clients);
  return {
    nodeHours: hours((role) => nodesOf(role.options)),
    gpuHours: hours(gpus),
    gpusAtOnce: Math.max(total(stage), total(services) + measuring),
    unlimited: roles.filter((role) => limits.get(role) === Infinity).map(({ role }) => role),
    unknownGpus: roles.filter(({ options }) => gpusOf(options) === undefined).map(({ role }) => role),
  };
}

const limitOf = ({ timeLimitS }: RolePlan): number => timeLimitS ?? Infinity;

/** No two clients stand side by side in the tree of actions. */
function oneAfterAnother({ children }: ActionNode): boolean {
  const measuring = children.filter(hasClient);
  return measuring.length <= 1 && measuring.every(oneAfterAnother);
}

const hasClient = ({ action, children }: ActionNode): boolean =>
  action === 'submit-client' || children.some(hasClient);
