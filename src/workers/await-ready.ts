import { LONGEST_SLEEP_MS } from '../shared/retry-policy.ts';
import { phaseOf } from '../shared/session/facts.ts';
import type { Action } from './action.ts';

/** Waits until the service has said itself that it is ready. What goes wrong ends the session, and so this wait. */
export const awaitReady: Action = {
  runs: 'after-success',
  async run({ facts, role }) {
    const phase = phaseOf(facts, role.side);
    if (phase === 'ready') return { done: { ok: true, node: facts.started?.event.host } };
    return { sleep: `service ${role.name} is ${phase}`, ms: LONGEST_SLEEP_MS };
  },
};
