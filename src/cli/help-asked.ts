import type { Command } from 'commander';

const HELP = new Set(['--help', '-h']);

/**
 * `sbench sumbit --help` is a mistake like `sbench sumbit`, not a wish for the help of everything; and
 * `sbench help submit` is `sbench submit --help`.
 */
export function helpAsked(program: Command, argv: readonly string[]): string[] {
  const words: string[] = [];
  let command = program;
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    if (word === '--config') {
      words.push(word, ...argv.slice(index + 1, index + 2));
      index += 1;
      continue;
    }
    const inner = command.commands.find((each) => each.name() === word);
    if (inner) command = inner;
    else if (!word.startsWith('-')) {
      if (command.commands.length === 0) break;
      const rest = argv.slice(index + 1);
      if (word === 'help')
        return helpAsked(program, [...words, ...rest.filter((each) => !HELP.has(each)), '--help']);
      return [...words, word, ...rest].filter((each) => !HELP.has(each));
    }
    words.push(word);
  }
  return [...argv];
}

/** Whose words they are, as a person would type it: `sbench cluster check`. */
export function commandIn(program: Command, argv: readonly string[]): string {
  const path = [program.name()];
  let command = program;
  for (const word of argv) {
    const inner = command.commands.find((each) => each.name() === word);
    if (inner) {
      path.push(word);
      command = inner;
    } else if (!word.startsWith('-') && command !== program) break;
  }
  return path.join(' ');
}
