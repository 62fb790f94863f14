import type { ActionName, ActionNode } from '../shared/plan/plan.ts';

const node = (action: ActionName, role: string | undefined, children: ActionNode[]): ActionNode =>
  role === undefined ? { action, children } : { action, role, children };

/**
 * A session's actions. Children run first, so the tree is the story read backwards: the services come up side by
 * side, the clients run one after another on them, then everything is released and collected.
 */
export function actionTree(services: readonly string[], clients: readonly string[]): ActionNode {
  let done = services.map((role) =>
    node('await-ready', role, [node('submit-service', role, [node('stage', role, [])])]),
  );
  for (const role of clients) done = [node('poll-status', role, [node('submit-client', role, done)])];
  // With nobody to serve, a service is the session: it is watched until it ends.
  if (clients.length === 0)
    done = services.map((role, index) => node('poll-status', role, done.slice(index, index + 1)));
  return node('collect', undefined, [node('cancel', undefined, done)]);
}
