import { CommanderError } from 'commander';
import { coerceError, SbenchError } from '../shared/errors.ts';
import { RecipeError } from '../shared/yaml/problem.ts';
import { EXIT, exitCodeOfError } from './exit-code.ts';
import { jsonLine, printableLines } from './printable-text.ts';
import type { Terminal } from './terminal.ts';

/** Says what went wrong, and how to go on; one JSON line on stderr when the data was asked for as JSON. */
export function reportError(value: unknown, terminal: Terminal, json: boolean, command = 'sbench'): number {
  const error = coerceError(value);
  // Help and the version are printed by themselves; only what is wrong needs words.
  if (error instanceof CommanderError) {
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return EXIT.succeeded;
    if (error.code === 'commander.help') return EXIT.usage;
  }
  terminal.say(json ? jsonLine({ error: asData(error, command) }) : asText(error, terminal, command));
  return error instanceof CommanderError ? EXIT.usage : exitCodeOfError(error);
}

function asText(error: Error, { env }: Terminal, command: string): string {
  // Every problem has its own place in front of it already.
  if (error instanceof RecipeError)
    return error.hint === undefined ? error.message : `${error.message}\n${printableLines(error.hint)}`;
  if (error instanceof CommanderError) return `${printableLines(error.message)}\n${helpOf(command)}`;
  const hint = error instanceof SbenchError && error.hint ? `\n${error.hint}` : '';
  const text = printableLines(`error: ${error.message}${hint}`);
  if (error instanceof SbenchError && !env.SBENCH_DEBUG) return text;
  return env.SBENCH_DEBUG
    ? `${text}\n${error.stack}`
    : `${text}\nThis is a bug of sbench; SBENCH_DEBUG=1 shows where.`;
}

const helpOf = (command: string): string => `Try: ${command} --help`;

function asData(error: Error, command: string) {
  const code =
    error instanceof SbenchError ? error.code : error instanceof CommanderError ? 'USAGE' : 'INTERNAL';
  return {
    code,
    message: error.message.replace(/^error: /, ''),
    ...(error instanceof SbenchError && error.hint ? { hint: error.hint } : {}),
    ...(error instanceof CommanderError ? { hint: helpOf(command) } : {}),
    ...(error instanceof RecipeError ? { problems: error.problems } : {}),
  };
}
