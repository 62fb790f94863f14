import type { SlurmSays, TrialView } from '../producer/ask-slurm.ts';
import { timeText } from './pending-text.ts';
import { printableLines } from './printable-text.ts';

/** Slurm's answers to a dry run, a line each. */
export function slurmSaysText(says: readonly SlurmSays[], sessions: number, now = new Date()): string {
  const lines = says.flatMap((one) => {
    if (!one.asked) {
      const hint = one.hint === undefined ? [] : [`  ${one.hint}`];
      return [`Slurm on ${one.cluster} was not asked: ${one.why}`, ...hint];
    }
    return [
      `Slurm on ${one.cluster}, asked by 'sbatch --test-only'; nothing was submitted:`,
      ...one.trials.map((trial) => `  ${trialText(trial, sessions, now)}`),
    ];
  });
  return lines.map(printableLines).join('\n');
}

function trialText(trial: TrialView, sessions: number, now: Date): string {
  const of =
    trial.sessions.length === sessions ? '' : ` of ${trial.sessions.map((each) => `#${each}`).join(' ')}`;
  return `${trial.role} ${trial.name}${of}: ${answerText(trial, now)}`;
}

function answerText({ is, wouldStartAt, reason = '' }: TrialView, now: Date): string {
  switch (is) {
    case 'would-start':
      return wouldStartAt === undefined
        ? 'Slurm would take it'
        : `would start ${timeText(wouldStartAt, now)}, an estimate`;
    case 'refused':
      return `refused: ${reason}`;
    case 'limit':
      return `not now: ${reason}; sbench would try again every minute`;
    case 'unanswered':
      return `no answer: ${reason}`;
    default:
      return is satisfies never;
  }
}

export const isRefused = (says: readonly SlurmSays[]): boolean =>
  says.some((one) => one.asked && one.trials.some(({ is }) => is === 'refused'));
