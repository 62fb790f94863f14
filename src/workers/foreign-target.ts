import type { RolePlan } from '../shared/plan/plan.ts';
import { actionId } from '../shared/queues.ts';
import { exitOf, type RoleFacts } from '../shared/session/facts.ts';
import { isOver } from '../shared/session/record.ts';
import { verdictText } from '../shared/session/timeline.ts';
import type { ActionContext, Outcome } from './action.ts';

type SessionTarget = Extract<RolePlan['target'], { is: 'session' }>;

type TargetState =
  | { is: 'ready'; facts: RoleFacts; folder: string }
  | { is: 'coming'; text: string }
  | { is: 'lost'; text: string };

/** The service of another session, as its record has it; and that session learns that it is in use. */
export async function lookAtTarget(context: ActionContext, target: SessionTarget): Promise<TargetState> {
  const { session: id, role } = target;
  const found = await context.store.read(id);
  if (!found) return { is: 'lost', text: `session ${id}, whose service is used, has no record any more` };
  const { record, plan } = found;
  const facts = record.roles[role];
  const name = plan.roles.find((each) => each.role === role)?.name ?? role;
  const what = `service ${name} of session ${id}`;
  const ownVerdict =
    facts?.verdict && facts.verdict.is !== 'released' ? verdictText(facts.verdict) : undefined;
  if (isOver(record) || record.ending)
    return { is: 'lost', text: `${what} is no more: ${ownVerdict ?? record.ending?.text ?? record.state}` };
  if (!facts?.ready || exitOf(facts) || facts.submit.is !== 'accepted')
    return { is: 'coming', text: `waits for ${what}` };
  // The action that waits for the client: it is woken with ours.
  const by = actionId(context.record.id, context.record.attempt, {
    action: 'poll-status',
    role: context.role.role,
    children: [],
  });
  await context.store.apply(id, { type: 'used', by, ...(await context.cluster.stamp()) });
  return { is: 'ready', facts, folder: `${id}/${record.attempt}` };
}

/** The client carries the service's reason. */
export async function targetLost(context: ActionContext, text: string): Promise<Outcome> {
  await context.apply({ type: 'target-lost', attempt: context.record.attempt, text });
  return { done: { ok: false, why: text } };
}
