import { exitOf, type RoleFacts } from '../shared/session/facts.ts';
import type { Action } from './action.ts';
import { lookAtTarget, targetLost } from './foreign-target.ts';
import { placedRole } from './placed-role.ts';
import { submitRole } from './submit-role.ts';

export const submitClient: Action = {
  runs: 'after-success',
  async run(context) {
    const { role, record } = context;
    if (role.target?.is === 'session') {
      const target = await lookAtTarget(context, role.target);
      if (target.is === 'lost') return targetLost(context, target.text);
      if (target.is === 'coming') return { sleep: target.text, ms: 3_000 };
      const lines = [`in ${target.folder}`, ...targetLines(role.target.role, target.facts)];
      return submitRole(context, asText(lines), placedRole(role, target.facts));
    }
    const services = role.needs.map((service) => record.roles[service]);
    // Of clients that run together only one stands over the services.
    const waitsFor = role.needs.find((_, index) => !isReady(services[index]));
    if (waitsFor !== undefined) return { sleep: `waits for ${waitsFor}` };
    const lines = role.needs.flatMap((service) => targetLines(service, record.roles[service]));
    // Its part of the service's Slurm job is there already: nobody is asked, and its place is what it is.
    if (role.placement === 'together') return submitRole(context, asText(lines), role, role.needs[0]);
    return submitRole(context, asText(lines), placedRole(role, services[0]));
  },
};

const isReady = (facts: RoleFacts | undefined): boolean =>
  facts?.ready !== undefined && exitOf(facts) === undefined && facts.submit.is === 'accepted';

/**
 * Where a service is: role, owner id, restart, port, then names and addresses to try. The client compares the id with
 * the owner file before it believes the address: an earlier Slurm job's is not this one's. Then its further ports.
 */
function targetLines(service: string, facts: RoleFacts | undefined): string[] {
  const { started, ready, submit } = facts ?? {};
  if (!started || !ready || submit?.is !== 'accepted')
    throw new Error(`${service} is not ready, and it should be`);
  const { host, addresses = '', restart } = started.event;
  const ports = Object.entries(ready.event.ports ?? {}).map(
    ([name, port]) => `port ${service} ${name} ${port}`,
  );
  return [[service, submit.id, restart, ready.event.port, host, addresses.trim()].join(' ').trim(), ...ports];
}

const asText = (lines: string[]): string => lines.map((line) => `${line}\n`).join('');
