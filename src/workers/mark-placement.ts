import type { Plan, RolePlan } from '../shared/plan/plan.ts';
import { ValidityCode } from '../shared/result/validity.ts';
import type { RoleFacts } from '../shared/session/facts.ts';
import type { SessionRecord } from '../shared/session/record.ts';
import { hostsIn } from '../shared/slurm/host-list.ts';
import type { ActionContext } from './action.ts';

interface Marked {
  validity?: string[];
  points?: { validity?: string[] }[];
}

/** Says in a result that its client shared a node with its service, however that came about. */
export async function markPlacement(
  context: ActionContext,
  role: RolePlan,
  result: unknown,
): Promise<unknown> {
  const { record, plan, store } = context;
  const other = role.target?.is === 'session' ? await store.read(role.target.session) : undefined;
  const theirs = role.target?.is === 'session' ? [role.target.role] : role.needs;
  const shared = other
    ? sharesNode(record, role, other, theirs)
    : sharesNode(record, role, { record, plan }, theirs);
  return shared ? mark(result as Marked) : result;
}

function sharesNode(
  record: SessionRecord,
  role: RolePlan,
  of: { record: SessionRecord; plan: Plan },
  services: readonly string[],
): boolean {
  const own = nodesOf(record.roles[role.role]);
  return services.some((service) => nodesOf(of.record.roles[service]).some((node) => own.includes(node)));
}

const nodesOf = (facts: RoleFacts | undefined): string[] => {
  const event = facts?.started?.event;
  if (!event) return [];
  return event.nodes ? hostsIn(event.nodes) : [event.host];
};

const withMark = (codes: readonly string[] = []): string[] => [
  ...new Set([...codes, ValidityCode.clientOnServerNode]),
];

const mark = (result: Marked): Marked => ({
  ...result,
  ...(result.points
    ? { points: result.points.map((point) => ({ ...point, validity: withMark(point.validity) })) }
    : {}),
  validity: withMark(result.validity),
});
