import { silence } from '../shared/cluster/silence.ts';
import { RefusedError, SbenchError } from '../shared/errors.ts';
import type { RolePlan } from '../shared/plan/plan.ts';
import { LONGEST_SLEEP_MS } from '../shared/retry-policy.ts';
import { explainRefusal } from '../shared/slurm/explain-refusal.ts';
import { type SubmitOutcome, submitRole as submit } from '../shared/slurm/remote/submit-role.ts';
import type { ActionContext, Outcome } from './action.ts';
import { handOverSecrets } from './secrets.ts';

/** Submits one role, exactly once however often this runs: what both submit actions do. */
export async function submitRole(
  context: ActionContext,
  target: string,
  role: RolePlan = context.role,
  inJobOf?: string,
): Promise<Outcome> {
  const submission = () => context.record.roles[role.role]?.submit ?? { is: 'none' as const };
  // A hung controller hears from its observer only. What it was asked before may have been accepted: nothing is lost.
  const quiet = silence(context.redis, context.record.cluster, 'controller');
  const quietMs = submission().is === 'accepted' || context.record.ending ? 0 : await quiet.leftForOthersMs();
  if (quietMs > 0)
    return { sleep: 'Slurm’s controller does not answer', ms: Math.min(quietMs, LONGEST_SLEEP_MS) };
  // Known before Slurm is asked, so that a session that began to end can never submit.
  if (submission().is === 'none') {
    await context.apply({ type: 'submit-began', attempt: context.record.attempt, role: role.role });
  }
  const known = submission();
  if (context.record.ending) return { done: { ok: false, why: context.record.ending.text } };
  if (known.is === 'accepted') return { done: { ok: true, slurmJob: known.id } };
  await handOverSecrets(context, role);
  const outcome = await submit(context.place, {
    role: role.role,
    script: role.script,
    options: role.options,
    target,
    inJobOf,
  });
  if (outcome.is !== 'refused') return conclude(context, role, outcome);
  const { link, counted } = context.place;
  const survey = () => link.ask({ verb: 'survey', args: [], counted, timeoutMs: 120_000 });
  const reason = await explainRefusal(survey, outcome.reason, role.options);
  return conclude(context, role, { ...outcome, reason });
}

async function conclude(context: ActionContext, role: RolePlan, outcome: SubmitOutcome): Promise<Outcome> {
  const { record } = context;
  const answered = { type: 'submit-answered', attempt: record.attempt, role: role.role } as const;
  switch (outcome.is) {
    case 'accepted':
      await context.apply({ ...answered, answer: outcome });
      return { done: { ok: true, slurmJob: outcome.id } };
    case 'refused':
      await context.apply({ ...answered, answer: outcome });
      if (role.side !== 'client')
        throw new RefusedError(`Slurm refused ${role.side} ${role.name}: ${outcome.reason}`);
      // A client that Slurm does not take is a result: the next client runs.
      return { done: { ok: true, refused: outcome.reason } };
    case 'closed':
      await context.apply({ ...answered, answer: outcome });
      if (context.record.ending) return { done: { ok: false, why: context.record.ending.text } };
      throw new SbenchError('the attempt is closed on the cluster, though nobody here ended it', {
        code: 'CLOSED',
        remedy: 'final',
      });
    case 'wait':
      return { sleep: 'an earlier submission may still be under way', ms: outcome.seconds * 1_000 + 200 };
    case 'limit':
      await context.say(`Slurm has a limit: ${outcome.reason}; trying again in a minute`);
      return { sleep: outcome.reason, ms: LONGEST_SLEEP_MS };
    case 'unresolved':
      await context.say(`it is not known whether Slurm took it: ${outcome.reason}`);
      return { sleep: outcome.reason, ms: 2_000 };
    default:
      return outcome satisfies never;
  }
}
