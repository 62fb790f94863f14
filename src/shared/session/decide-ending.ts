import { clientRoles, type Plan, serviceRoles } from '../plan/plan.ts';
import { exitOf, phaseOf, type RoleFacts } from './facts.ts';
import { exitText } from './judge.ts';
import type { Ending, SessionRecord } from './record.ts';
import { suspendedSince } from './suspension.ts';

/** Whether the attempt ends now, and why: no action needs to be awake for it. */
export function decideEnding(record: SessionRecord, plan: Plan, clock: number): Ending | undefined {
  const facts = (role: string) => record.roles[role];
  const all = plan.roles.map((role) => ({ role, facts: facts(role.role) }));
  for (const { role, facts } of all) {
    if (facts?.verdict?.is === 'vanished')
      return { why: 'vanished', text: `${role.role}: ${facts.verdict.why}`, clock };
  }
  const clients = clientRoles(plan);
  const needed = clients.some((client) => !isThrough(facts(client.role)));
  if (clients.length > 0 && !needed) return { why: 'complete', text: 'the last client has ended', clock };
  for (const { role, facts } of all) {
    if (role.side !== 'service' || !facts) continue;
    const text = endOfService(facts);
    if (text === undefined) continue;
    if (clients.length === 0) return { why: 'service-ended', text: `service ${role.name}: ${text}`, clock };
    return facts.ready
      ? { why: 'service-lost', text: `service ${role.name} was lost: ${text}`, clock }
      : { why: 'service-failed', text: `service ${role.name} failed: ${text}`, clock };
  }
  return idle(record, plan, clock);
}

/** It will do nothing more: it said so itself, or has its verdict. */
const isThrough = (facts: RoleFacts | undefined): boolean =>
  facts !== undefined && (facts.verdict !== undefined || exitOf(facts) !== undefined);

function endOfService(facts: RoleFacts): string | undefined {
  const exit = exitOf(facts);
  const { verdict } = facts;
  if (verdict?.is === 'failed' || verdict?.is === 'unknown') return verdict.why;
  if (verdict) return verdict.is;
  if (!exit) return undefined;
  // Before it was ready a signal may be an administrator's requeue, after which the same role goes on.
  if (exit.event.code >= 128 && !facts.ready) return undefined;
  return exitText(exit.event.code, exit.event.why);
}

function idle(record: SessionRecord, plan: Plan, clock: number): Ending | undefined {
  const clients = clientRoles(plan).map((client) => record.roles[client.role]);
  if (clients.length === 0 || clients.some((facts) => facts && phaseOf(facts, 'client') === 'running'))
    return undefined;
  const services = serviceRoles(plan).map((service) => record.roles[service.role]);
  // A client that uses another session's service holds nothing here.
  if (services.length === 0 || !services.every((facts) => facts?.ready)) return undefined;
  const stamps = [
    ...services.map((facts) => facts?.ready?.clock ?? clock),
    // Who used it for another session.
    ...Object.values(record.users ?? {}),
    ...clients.map((facts) => facts?.exited?.clock ?? facts?.verdictClock ?? 0),
  ];
  const since = Math.max(...stamps);
  // What an administrator has stopped holds nothing back from others.
  if (clock - since - suspendedSince(since, services) <= plan.maxIdleS) return undefined;
  const waiting = plan.roles.find((role) => role.side === 'client' && !isThrough(record.roles[role.role]));
  const reason = waiting && record.roles[waiting.role]?.slurm?.reason;
  const what = waiting
    ? `client ${waiting.name} (${reason ? `pending: ${reason}` : 'not running'})`
    : 'its clients';
  return { why: 'max-idle', text: `the service was idle for ${plan.maxIdleS} s, waiting for ${what}`, clock };
}
