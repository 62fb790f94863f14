import type { Action, ActionContext } from './action.ts';
import { submitRole } from './submit-role.ts';

export const submitClient: Action = {
  runs: 'after-success',
  run: (context) => submitRole(context, targets(context)),
};

/**
 * Where the services are, one line each: role, owner id, restart, port, then names and addresses to try. The client
 * compares the id with the owner file before it believes the address: an earlier Slurm job's is not this one's.
 */
function targets({ role, record }: ActionContext): string {
  const lines = role.needs.map((service) => {
    const { started, ready, submit } = record.roles[service] ?? {};
    if (!started || !ready || submit?.is !== 'accepted')
      throw new Error(`${service} is not ready, and it should be`);
    const { host, addresses = '', restart } = started.event;
    return [service, submit.id, restart, ready.event.port, host, addresses.trim()].join(' ').trim();
  });
  return lines.map((line) => `${line}\n`).join('');
}
