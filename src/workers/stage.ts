import { SbenchError } from '../shared/errors.ts';
import { type RolePlan, stageRole } from '../shared/plan/plan.ts';
import { nodes } from '../shared/queues.ts';
import { exitOf, type RoleFacts } from '../shared/session/facts.ts';
import { exitText } from '../shared/session/judge.ts';
import { DRAINING_S } from '../shared/session/release.ts';
import { verdictText } from '../shared/session/timeline.ts';
import { prepareAttempt, putArtifact } from '../shared/slurm/remote/put-files.ts';
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
    const maker = stageRole(context.plan);
    const asked = maker && context.record.roles[maker.role]?.submit.is !== 'none';
    const made = asked ? await untilMade(context) : await askOrHaveMade(context);
    if (made) return made;
    // For whom there is nothing else to do, this is the end.
    if (context.plan.kind === 'stage')
      await context.apply({ type: 'all-staged', attempt: context.record.attempt });
    return { done: { ok: true, sent: missing, present: uploads.length - missing.length } };
  },
};

/** @returns undefined when everything is there. */
async function askOrHaveMade(context: ActionContext): Promise<Outcome | undefined> {
  const { making, lacking } = await askForAll(context);
  if (lacking.length > 0) return haveMade(context, lacking);
  return making.length > 0 ? { sleep: making.join('; '), ms: POLL_MS } : undefined;
}

/** Often enough for what takes seconds; a session that waits for hours asks 12 times a minute, with one command each. */
const POLL_MS = 5_000;

/** What is missing is made by a Slurm job of the session's own, or by nobody. */
async function haveMade(context: ActionContext, lacking: Lacking[]): Promise<Outcome> {
  const maker = stageRole(context.plan);
  const hopeless = lacking.find(({ artifact }) => !maker || !artifact.makes);
  if (hopeless || !maker) throw missingError(hopeless ?? lacking[0], context);
  // One of the session's stage actions submits it; the others wait for its verdict.
  if (!isFirst(context)) return { sleep: 'waiting for the Slurm job that makes it' };
  const outcome = await submitRole(context, '', maker);
  if ('sleep' in outcome || outcome.done.ok !== true) return outcome;
  return { sleep: `Slurm job ${String(outcome.done.slurmJob)} makes what is missing` };
}

/** @returns undefined when the Slurm job has made it all. */
async function untilMade(context: ActionContext): Promise<Outcome | undefined> {
  const maker = stageRole(context.plan);
  const facts = maker && context.record.roles[maker.role];
  if (!maker || !facts) return undefined;
  // Its own word is enough, as what it made is looked at: its node may take long, or for ever, to let it go.
  const exit = exitOf(facts);
  if (facts.verdict?.is === 'succeeded' || (!facts.verdict && exit?.event.code === 0)) {
    const { lacking } = await askForAll(context, 'plain');
    if (lacking.length > 0) throw missingError(lacking[0], context);
    return undefined;
  }
  if (facts.verdict) {
    const log =
      facts.verdict.is === 'failed' ? facts.verdict.log?.trim().split('\n').slice(-6).join('\n') : '';
    throw failedError(`${verdictText(facts.verdict)}${log ? `: ${log}` : ''}`, context, maker);
  }
  if (exit && (await isDraining(context, facts)))
    throw failedError(exitText(exit.event.code, exit.event.why), context, maker);
  if (facts.submit.is === 'accepted') return { sleep: `Slurm job ${facts.submit.id} makes what is missing` };
  if (!isFirst(context)) return { sleep: 'waiting for the Slurm job that makes it' };
  const outcome = await submitRole(context, '', maker);
  return 'sleep' in outcome || outcome.done.ok !== true
    ? outcome
    : { sleep: 'a Slurm job makes what is missing' };
}

/** Slurm says COMPLETING for so long that nobody waits for its last word. */
async function isDraining({ cluster }: ActionContext, { drainingSince }: RoleFacts): Promise<boolean> {
  return drainingSince !== undefined && (await cluster.stamp()).clock - drainingSince >= DRAINING_S;
}

const failedError = (why: string, { record }: ActionContext, { role }: RolePlan): SbenchError =>
  new SbenchError(`staging ${why}`, {
    code: 'STAGE_FAILED',
    remedy: 'final',
    hint: `Its log: sbench logs ${record.id} ${role}.`,
  });

function isFirst(context: ActionContext): boolean {
  const first = nodes(context.plan.actions).find(({ action }) => action === 'stage')?.role;
  // Without a role it is the only one.
  return first === undefined || first === context.role.role;
}
