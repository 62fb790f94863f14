import type { GroupView } from '../producer/group-view.ts';
import type { SessionView } from '../producer/session-view.ts';
import { printable } from '../shared/yaml/problem.ts';
import { waitsFor } from './session-words.ts';
import { table } from './table.ts';

/** A group at a glance: what its sessions are, and what they are at. */
export function groupText(view: GroupView): string {
  const { group, name, of, states, sessions } = view;
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  const head = printable(
    `group ${group} ${name}: ${of} sessions${counts.length > 0 ? `, ${counts.join(', ')}` : ''}`,
  );
  const missing =
    sessions.length < of
      ? `\n${of - sessions.length} were not submitted; the same sbench submit with its --key adds them`
      : '';
  const titles = ['SESSION', 'STATE', 'VALUES', 'SLURM JOBS'].map((title) => ({ title }));
  const rows = sessions.map((one) => [one.id, one.state, valuesText(one), one.ending?.text ?? waitsFor(one)]);
  return `${head}${missing}\n\n${table(titles, rows)}`;
}

/** `tp=4 model=big`. */
export function valuesText({ group }: Pick<SessionView, 'group'>): string {
  if (!group) return '';
  const values = Object.entries(group.values).map(([name, value]) => `${name}=${value}`);
  return [...values, ...(group.repeat === undefined ? [] : [`repeat=${group.repeat}`])].join(' ');
}
