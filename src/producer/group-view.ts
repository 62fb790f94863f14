import { readGroup } from '../shared/redis/group-store.ts';
import type { ProducerDeps } from './connect-producer.ts';
import { noSession } from './find-session.ts';
import { type SessionView, sessionView } from './session-view.ts';

/** A group for people and programs: its sessions in the order of their combinations. */
export interface GroupView {
  v: 1;
  group: string;
  name: string;
  /** How many sessions it is to have; fewer are there when its submission was interrupted. */
  of: number;
  createdAt: string;
  /** How many sessions are in each state. */
  states: Record<string, number>;
  sessions: SessionView[];
}

export async function groupView(deps: ProducerDeps, id: string): Promise<GroupView> {
  const group = await readGroup(deps.redis, id);
  if (!group) throw noSession(id);
  const sessions: SessionView[] = [];
  for (const session of group.sessions) sessions.push(await sessionView(deps, session));
  const states: Record<string, number> = {};
  for (const { state } of sessions) states[state] = (states[state] ?? 0) + 1;
  const { name, of, createdAt } = group;
  return { v: 1, group: id, name, of, createdAt: new Date(createdAt).toISOString(), states, sessions };
}
