import { SbenchError } from '../shared/errors.ts';
import { type Plan, stageRole } from '../shared/plan/plan.ts';
import { nodes } from '../shared/queues.ts';
import { verdictText } from '../shared/session/timeline.ts';
import { prepareAttempt, putArtifact } from '../shared/slurm/remote/verbs.ts';
import type { Action, ActionContext, Outcome } from './action.ts';
import { checkSecrets } from './secrets.ts';
import { askForAll, type Lacking, missingError } from './stage-made.ts';
import { uploadsOf } from './stage-uploads.ts';
import { submitRole } from './submit-role.ts';

/** Everything that the Slurm jobs need lies on the cluster before one of them holds a GPU. */
export const stage: Action = {
  runs: 'after-success',
  async run(context) {
    await checkSecrets(context);
    const uploads = await uploadsOf(context);
    const missing = await prepareAttempt(context.place, uploads);
    for (const each of uploads.filter((candidate) => missing.includes(candidate.as))) {
      await context.say(`sending ${each.as}, ${Math.ceil(each.bytes / 1e6)} MB`);
      await putArtifact(context.place, each);
    }
    const done = { done: { ok: true, sent: missing, present: uploads.length - missing.length } };
    const maker = stageRole(context.plan);
    const asked = maker && context.record.roles[maker.role]?.submit.is !== 'none';
    if (asked) return (await untilMade(context)) ?? done;
    const { making, lacking } = await askForAll(context);
    if (lacking.length > 0) return (await haveMade(context, lacking)) ?? done;
    return making.length > 0 ? { sleep: making.join('; '), ms: POLL_MS } : done;
  },
};

/** Often enough for what takes seconds; a session that waits for hours asks 12 times a minute, with one command each. */
const POLL_MS = 5_000;

/** What is missing is made by a Slurm job of the session's own, or by nobody. */
async function haveMade(context: ActionContext, lacking: Lacking[]): Promise<Outcome> {
  const maker = stageRole(context.plan);
  const hopeless = lacking.find(({ artifact }) => !maker || !artifact.makes);
  if (hopeless || !maker) throw missingError(hopeless ?? lacking[0], context);
  // One of the session's stage actions submits it; the others wait for its verdict.
  if (context.role.role !== firstStage(context.plan))
    return { sleep: 'waiting for the Slurm job that makes it' };
  const outcome = await submitRole(context, '', maker);
  if ('sleep' in outcome || outcome.done.ok !== true) return outcome;
  return { sleep: `Slurm job ${String(outcome.done.slurmJob)} makes what is missing` };
}

/** @returns undefined when the Slurm job has made it all. */
async function untilMade(context: ActionContext): Promise<Outcome | undefined> {
  const maker = stageRole(context.plan);
  const facts = maker && context.record.roles[maker.role];
  if (!maker || !facts) return undefined;
  if (facts.verdict?.is === 'succeeded') {
    const { lacking } = await askForAll(context, 'plain');
    if (lacking.length > 0) throw missingError(lacking[0], context);
    return undefined;
  }
  if (facts.verdict) {
    const log =
      facts.verdict.is === 'failed' ? facts.verdict.log?.trim().split('\n').slice(-6).join('\n') : '';
    throw new SbenchError(`staging ${verdictText(facts.verdict)}${log ? `: ${log}` : ''}`, {
      code: 'STAGE_FAILED',
      remedy: 'final',
      hint: `Its log: sbench logs ${context.record.id} ${maker.role}.`,
    });
  }
  if (facts.submit.is === 'accepted') return { sleep: `Slurm job ${facts.submit.id} makes what is missing` };
  if (context.role.role !== firstStage(context.plan))
    return { sleep: 'waiting for the Slurm job that makes it' };
  const outcome = await submitRole(context, '', maker);
  return 'sleep' in outcome || outcome.done.ok !== true
    ? outcome
    : { sleep: 'a Slurm job makes what is missing' };
}

const firstStage = (plan: Plan): string | undefined =>
  nodes(plan.actions).find(({ action }) => action === 'stage')?.role;
