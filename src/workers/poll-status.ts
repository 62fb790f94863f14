import { LONGEST_SLEEP_MS } from '../shared/retry-policy.ts';
import { phaseOf } from '../shared/session/facts.ts';
import { verdictText } from '../shared/session/timeline.ts';
import { releaseRoles } from '../shared/slurm/remote/release-roles.ts';
import type { Action } from './action.ts';
import { lookAtTarget, targetLost } from './foreign-target.ts';

/**
 * Waits until a Slurm job has its verdict and has left the cluster: the next client must not share the service with
 * one that is still leaving. A failed client is a result, so this succeeds with it.
 */
export const pollStatus: Action = {
  runs: 'after-success',
  async run(context) {
    const { facts, role, record } = context;
    if (record.ending?.why === 'complete')
      return { done: { ok: true, verdict: facts.verdict ?? 'see collect' } };
    if (facts.submit.is === 'refused' && !facts.submit.clean) {
      // An earlier delivery had no answer: what may still appear of it must not run beside the next client.
      await releaseRoles(context.place, [role.role], false);
    }
    if (!facts.verdict && role.target?.is === 'session') {
      const target = await lookAtTarget(context, role.target);
      if (target.is !== 'ready') return targetLost(context, target.text);
      return { sleep: `client ${role.name} is ${phaseOf(facts, role.side)}`, ms: 5_000 };
    }
    if (facts.verdict && !facts.live) return { done: { ok: true, verdict: facts.verdict } };
    if (facts.verdict) {
      // Past one of its deadlines, and still there: it is ours to end, though the session goes on.
      await context.say(`${verdictText(facts.verdict)}; ending its Slurm job`);
      await releaseRoles(context.place, [role.role], false);
      return { sleep: `${role.name} is leaving`, ms: 15_000 };
    }
    return { sleep: `${role.side} ${role.name} is ${phaseOf(facts, role.side)}`, ms: LONGEST_SLEEP_MS };
  },
};
