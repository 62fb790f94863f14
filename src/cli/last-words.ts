import type { SessionView } from '../producer/session-view.ts';
import { printableLines } from './printable-text.ts';

/** Enough to see what happened; the rest is a command away. */
const LINES = 6;

/** What Slurm jobs that failed wrote last, and where all of it is: a text each. */
export function lastWords({ id, roles }: Pick<SessionView, 'id' | 'roles'>): string[] {
  return Object.entries(roles).flatMap(([role, { side, name, lastLog, verdictText = '' }]) => {
    const lines = lastLog?.split('\n').slice(-LINES) ?? [];
    // Our own last word is in the verdict already.
    if (lines.every((line) => verdictText.includes(line.replace(/^sbench: /, '')))) return [];
    const title = `last lines of ${side} ${name}; all of them: sbench logs ${id} ${role}`;
    return [printableLines([title, ...lines.map((line) => `  ${line}`)].join('\n'))];
  });
}
