import { silence } from '../shared/cluster/silence.ts';
import { keys } from '../shared/redis/keys.ts';
import { exitOf } from '../shared/session/facts.ts';
import { releaseRoles } from '../shared/slurm/remote/release-roles.ts';
import type { Action, ActionContext } from './action.ts';

const REPEAT_MS = 30_000;

/**
 * The attempt's one release, whether or not anybody cancelled it: closes it on the cluster, cancels its Slurm jobs by
 * name, and waits until two looks have listed none. Never gives up.
 */
export const cancel: Action = {
  runs: 'always',
  async run(context) {
    const { attempt } = context.record;
    if (!context.record.ending) {
      const text = 'the flow came to its end without a reason: an action was removed or lost';
      await context.apply({ type: 'action-failed', attempt, action: 'cancel', text });
    }
    if (allReleased(context)) {
      releasedAt.delete(`${context.record.id}.${attempt}`);
      return { done: { ok: true, attempt } };
    }
    const key = `${context.record.id}.${attempt}`;
    const sinceMs = performance.now() - (releasedAt.get(key) ?? Number.NEGATIVE_INFINITY);
    if (context.record.closed && sinceMs < REPEAT_MS) return { sleep: WAITING, ms: REPEAT_MS - sinceMs };
    // The first is asked whatever happens: what must not start any more is closed by it, and a hung controller may take it.
    const quietMs = await silence(context.redis, context.record.cluster, 'controller').leftForOthersMs();
    if (context.record.closed && quietMs > 0) return { sleep: WAITING, ms: Math.min(quietMs, REPEAT_MS) };
    const first = context.record.closed === undefined;
    releasedAt.set(key, performance.now());
    // Clients first: one that outlived its service would record the errors of our own release.
    const all = context.plan.roles.map(({ role }) => role).reverse();
    const roles = all.filter((role) => !first || stillHere(context, role));
    const { owners, complaints } = await releaseRoles(context.place, roles, true);
    if (complaints) await context.say(`scancel: ${complaints}`);
    const { windowS } = await context.cluster.times();
    await context.apply({ type: 'closed', attempt, windowS, owners });
    // Its own progress wakes nobody: what was never submitted is released at once.
    if (allReleased(context)) return { done: { ok: true, attempt } };
    await context.redis.set(keys.lookSoon(context.record.cluster), '1');
    return { sleep: WAITING, ms: REPEAT_MS };
  },
};

const WAITING = 'waiting until its Slurm jobs are gone';
/** When this process last asked for a release: each wake-up must not ask again. */
const releasedAt = new Map<string, number>();

const allReleased = ({ record }: ActionContext): boolean =>
  Object.values(record.roles).every((facts) => facts.released !== 'no');

/** What has said how it ended is leaving by itself: cancelling it would spoil Slurm's word on it. */
function stillHere({ record }: ActionContext, role: string): boolean {
  const facts = record.roles[role];
  return !(facts && exitOf(facts));
}
