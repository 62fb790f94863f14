import type { Answer } from '../../cluster/answer.ts';
import { explainRefusal } from '../explain-refusal.ts';
import { readRefusal, refusalText } from '../read-refusal.ts';
import { sha256 } from './place.ts';

/** What Slurm would do with a Slurm job, if it were submitted now. */
export type Trial =
  /** Seconds since 1970; undefined when Slurm gives no time. */
  | { is: 'would-start'; atS: number | undefined }
  | { is: 'refused'; reason: string }
  /** A limit is reached: sbench would try again until it passes. */
  | { is: 'limit'; reason: string }
  /** Nothing is known. */
  | { is: 'unanswered'; reason: string };

type Ask = (verb: string, args: (string | number)[], stdin?: Buffer) => Promise<Answer>;

/** Asks with the exact script and options. Nothing is submitted, nothing stays on the cluster. */
export async function testOnly(
  ask: Ask,
  { script, options }: { script: string; options: readonly string[] },
): Promise<Trial> {
  const head = Buffer.from(options.map((option) => `${option}\n`).join(''));
  const data = Buffer.concat([head, Buffer.from(script)]);
  const answer = await ask('test-only', [sha256(data), data.length, head.length], data);
  if (answer.has('cut'))
    return { is: 'unanswered', reason: 'the script could not be kept on the cluster: is the disk full?' };
  const trial = readTrial(answer.number('sbatch'), answer.text('said'));
  if (trial.is !== 'refused') return trial;
  return { ...trial, reason: await explainRefusal(() => ask('survey', []), trial.reason, options) };
}

export function readTrial(code: number, said: string): Trial {
  if (code === 0) {
    const at = /to start at (\d{1,12}) /.exec(said)?.[1];
    return { is: 'would-start', atS: at === undefined ? undefined : Number(at) };
  }
  if (code === 124 || code === 137) return { is: 'unanswered', reason: 'sbatch gave no answer within 60 s' };
  const refusal = readRefusal(said);
  if (refusal.is === 'refused') return { is: 'refused', reason: refusalText(refusal) };
  if (refusal.is === 'limit') return refusal;
  // With these codes sbatch did not like its own options, or there is none.
  return { is: code === 255 || code === 127 ? 'refused' : 'unanswered', reason: refusal.reason };
}
