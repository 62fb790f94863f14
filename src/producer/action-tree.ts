import type { ActionName, ActionNode } from '../shared/plan/plan.ts';

const node = (action: ActionName, role: string | undefined, children: ActionNode[]): ActionNode =>
  role === undefined ? { action, children } : { action, role, children };

/**
 * A session's actions. Children run first, so the tree is the story read backwards: the services come up side by
 * side, the clients run one after another on them, then everything is released and collected. Clients that run
 * together are side by side, too; an action has one parent, so only the first stands over the services, and the others
 * wait for them by themselves.
 */
export function actionTree(
  services: readonly string[],
  clients: readonly string[],
  together = false,
): ActionNode {
  let done = services.map((role) =>
    node('await-ready', role, [node('submit-service', role, [node('stage', role, [])])]),
  );
  const [first] = clients;
  // Nothing of its own to start: what its clients need, or others will, is brought there all the same.
  if (services.length === 0) done = [node('stage', first, [])];
  if (together) {
    done = clients.map((role) =>
      node('poll-status', role, [node('submit-client', role, role === first ? done : [])]),
    );
    return node('collect', undefined, [node('cancel', undefined, done)]);
  }
  for (const role of clients) done = [node('poll-status', role, [node('submit-client', role, done)])];
  // With nobody to serve, a service is the session: it is watched until it ends.
  if (clients.length === 0 && services.length > 0)
    done = services.map((role, index) => node('poll-status', role, done.slice(index, index + 1)));
  return node('collect', undefined, [node('cancel', undefined, done)]);
}
