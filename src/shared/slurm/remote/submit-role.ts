import type { Answer } from '../../cluster/answer.ts';
import { AnswerError } from '../../errors.ts';
import { slurmJobName } from '../../ids.ts';
import type { SubmitAnswer } from '../../session/events.ts';
import { readRefusal, refusalText } from '../read-refusal.ts';
import { type Place, sha256, where } from './place.ts';

export type SubmitOutcome =
  | SubmitAnswer
  /** Somebody else's claim may still be at work. */
  | { is: 'wait'; seconds: number }
  | { is: 'limit'; reason: string }
  /** It may have been accepted: the next delivery looks. */
  | { is: 'unresolved'; reason: string };

export interface Submission {
  role: string;
  script: string;
  options: string[];
  /** What a client must know of its services; empty for a service. */
  target: string;
  /** The service whose heterogeneous Slurm job has its part already. */
  inJobOf?: string | undefined;
}

/** Submits a role exactly once, however often it is called. The order of steps is in the remote tool. */
export async function submitRole(
  place: Place,
  { role, script, options, target, inJobOf }: Submission,
): Promise<SubmitOutcome> {
  const parts = [script, options.map((option) => `${option}\n`).join(''), target].map((part) =>
    Buffer.from(part),
  );
  const data = Buffer.concat(parts);
  const name = slurmJobName(place.link.installation, place.session, place.attempt, role);
  const answer = await place.link.ask({
    verb: 'submit',
    args: [
      ...where(place),
      role,
      name,
      sha256(data),
      ...parts.map((part) => part.length),
      ...(inJobOf ? [inJobOf] : []),
    ],
    stdin: data,
    timeoutMs: 180_000,
    counted: place.counted,
  });
  return readSubmit(answer);
}

function readSubmit(answer: Answer): SubmitOutcome {
  const accepted = answer.get('accepted');
  if (accepted) return { is: 'accepted', id: Number(accepted), at: answer.number('now') };
  if (answer.has('closed')) return { is: 'closed' };
  if (answer.has('wait')) return { is: 'wait', seconds: answer.number('wait') };
  if (answer.has('unresolved')) return { is: 'unresolved', reason: answer.text('why') };
  if (answer.has('cut')) return { is: 'unresolved', reason: 'the script did not arrive whole' };
  const sbatch = answer.get('sbatch');
  if (sbatch === undefined) throw new AnswerError('submit gave an answer that we do not know');
  const refusal = readRefusal(answer.text('why'));
  // Whatever its words: with these codes sbatch did not like its own options, or there is none. Nothing was asked.
  const notAsked = /^(255|127) /.test(sbatch);
  if (refusal.is === 'ambiguous' && notAsked) {
    return { is: 'refused', reason: refusal.reason, clean: sbatch.endsWith('clean') };
  }
  if (refusal.is === 'refused') {
    return { is: 'refused', reason: refusalText(refusal), clean: sbatch.endsWith('clean') };
  }
  return refusal.is === 'limit' ? refusal : { is: 'unresolved', reason: refusal.reason };
}
