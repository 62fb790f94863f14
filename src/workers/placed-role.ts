import type { RolePlan } from '../shared/plan/plan.ts';
import type { RoleFacts } from '../shared/session/facts.ts';
import { hostsIn } from '../shared/slurm/host-list.ts';

/**
 * A client with sbatch's options, now that its service's nodes are known. One with `?` in front is a wish: where Slurm
 * could never fulfil it (a cluster of one node), the remote tool asks again without.
 */
export const placedRole = (role: RolePlan, service: RoleFacts | undefined): RolePlan => ({
  ...role,
  options: placedOptions(role, service),
});

function placedOptions(role: RolePlan, service: RoleFacts | undefined): string[] {
  const nodes = service?.started?.event.nodes ?? '';
  const asked = (name: string) => role.options.find((option) => option.startsWith(`--${name}=`));
  if (!/^[A-Za-z0-9._,[\]-]+$/.test(nodes)) return role.options;
  if (role.placement === 'service') return [...role.options, `--nodelist=${hostsIn(nodes)[0] ?? nodes}`];
  // Who says where it runs has decided. A file of names (with a slash) cannot be added to.
  if (asked('nodelist') || asked('exclude')?.includes('/')) return role.options;
  const excluded = asked('exclude')?.slice('--exclude='.length);
  return [...role.options, `?--exclude=${excluded ? `${excluded},` : ''}${nodes}`];
}
