import { UsageError } from '../errors.ts';

/** One thing that is wrong in a file that a person wrote. Line 0: it did not come from a line (`--set`). */
export interface Problem {
  file: string;
  line: number;
  column: number;
  message: string;
  /** The source line and a caret below it. */
  excerpt?: string | undefined;
}

/** Thrown for a recipe or configuration with problems: all of them at once. Correct the file. */
export class RecipeError extends UsageError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], hint?: string) {
    const sorted = sortProblems(problems);
    super(sorted.map(renderProblem).join('\n'), hint);
    this.problems = sorted;
  }
}

export function renderProblem({ file, line, column, message, excerpt }: Problem): string {
  const where = line > 0 ? `${printable(file)}:${line}:${column}` : `${printable(file)}:`;
  const text = `${where} ${printable(message)}`;
  // A caret below an empty line points at nothing.
  return excerpt === undefined || !/[^\s^]/.test(excerpt) ? text : `${text}\n${excerpt}`;
}

function sortProblems(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return [...problems]
    .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
    .filter((problem) => {
      const key = JSON.stringify([problem.file, problem.line, problem.column, problem.message]);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

const WIDTH = 100;

/** The source line with a caret below `column`; a long line is cut around it. */
export function excerptOf(sourceLine: string, column: number): string {
  const start = column > WIDTH - 20 ? column - WIDTH / 2 : 0;
  const shown = printable(sourceLine.slice(start, start + WIDTH));
  // Tabs stay tabs, so that the caret stands below its column whatever the terminal's tab width is.
  const before = shown.slice(0, Math.max(0, column - 1 - start)).replace(/[^\t]/g, ' ');
  return `    ${shown}\n    ${before}^`;
}

/** A file may hold escape sequences; they must not reach somebody's terminal. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
