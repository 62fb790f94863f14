import { SbenchError } from '../shared/errors.ts';
import { artifactsOf, type MadeArtifact } from '../shared/plan/plan.ts';
import { askMade } from '../shared/slurm/remote/put-files.ts';
import type { ActionContext } from './action.ts';

export interface Lacking {
  artifact: MadeArtifact;
  /** What its check printed. */
  words: string;
}

/**
 * Looks for everything that the session's Slurm jobs need, and where the cluster makes it on its login node, has it
 * made. `plain`: a Slurm job has made it; what only a container can check is left to what that job said.
 * @throws SbenchError (final) when a making failed.
 */
export async function askForAll(context: ActionContext, how?: 'plain') {
  const making: string[] = [];
  const lacking: Lacking[] = [];
  for (const artifact of madeArtifacts(context)) {
    if (how === 'plain' && artifact.inContainer) continue;
    const makes = artifact.makes && context.plan.cluster.stage === 'login' && how === undefined;
    const { is, text } = await askMade(context.place, artifact.script, makes ? 'poll' : 'verify');
    switch (is) {
      case 'present':
        await context.say(`${artifact.what}: present ${text}`);
        await note(context, artifact, 'present', [artifact.what, text, 'present'].filter(Boolean).join(' '));
        break;
      case 'making':
        await context.say(`${artifact.what}: being made ${text}`);
        await note(context, artifact, 'making', `${artifact.what} is being made ${text.split(':')[0] ?? ''}`);
        making.push(`${artifact.what} is being made`);
        break;
      case 'missing':
        await context.say(`${artifact.what}: missing ${text}`);
        lacking.push({ artifact, words: text });
        break;
      case 'failed':
        throw new SbenchError(`${artifact.what} could not be made on ${context.plan.cluster.name}: ${text}`, {
          code: 'STAGE_FAILED',
          remedy: 'final',
          hint: artifact.hint,
        });
      default:
        is satisfies never;
    }
  }
  return { making, lacking };
}

/** Several Slurm jobs of a session may need the same. */
function madeArtifacts({ plan }: ActionContext): MadeArtifact[] {
  const all = artifactsOf(plan).filter((each) => each.kind === 'made');
  return [...new Map(all.map((each) => [each.key, each])).values()];
}

async function note(context: ActionContext, { what }: MadeArtifact, is: 'making' | 'present', text: string) {
  if (context.record.staged?.[what]?.is === is) return;
  await context.apply({ type: 'staged', attempt: context.record.attempt, what, is, text });
}

export function missingError(lacking: Lacking | undefined, { plan }: ActionContext): SbenchError {
  const { name, stage } = plan.cluster;
  const { artifact, words = '' } = lacking ?? {};
  const never = artifact?.makes && stage === 'never' ? ', and stage.where is never' : '';
  const because = words === '' || artifact?.missing !== undefined ? '' : `: ${words}`;
  return new SbenchError(
    artifact?.missing ?? `${artifact?.what ?? 'something'} is not on ${name}${never}${because}`,
    { code: 'STAGE_MISSING', remedy: 'final', hint: artifact?.hint },
  );
}
