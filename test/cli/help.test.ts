import type { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programOf } from '../../src/cli/run-cli.ts';
import { CLUSTER, type Workplace, workplace } from './run.ts';

const silent = { exitCode: 0, terminal: { color: false } } as unknown as Parameters<typeof programOf>[0];
const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

/** The lines of a help text that a person would copy, without pipes and the variables before them. */
function examplesOf(command: Command): string[][] {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  const [, examples = ''] = text.split(/\nExamples?:\n/);
  return [...examples.matchAll(/^ {2}(?:\S+=\S+ )*sbench (.*?)(?: (?:\||>>?|#| {2}).*)?$/gm)].map(
    ([, words = '']) => [...words.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word),
  );
}

const examples = all(programOf(silent))
  .filter((command) => !command.name().startsWith('_'))
  .flatMap((command) => examplesOf(command).map((words) => [pathOf(command), words] as const));

test('every command has an example in its help', () => {
  const with_ = new Set(examples.map(([name]) => name));
  const names = all(programOf(silent)).map(pathOf);
  expect(names.filter((name) => !with_.has(name) && !name.includes(' _'))).toEqual([]);
});

test.each(examples)('an example of %s is a command line: %j', async (name, words) => {
  const program = programOf(silent);
  let ran = '';
  for (const command of all(program)) {
    if (command.commands.length > 0) continue;
    command.action(() => {
      ran = pathOf(command);
    });
  }
  await program.parseAsync([...words], { from: 'user' });
  // What the program's own help shows is of any command.
  expect(
    ran === name || all(program).some((command) => pathOf(command) === name && command.commands.length > 0),
  ).toBe(true);
  expect(ran).not.toBe('');
});

let place: Workplace;
beforeAll(() => {
  place = workplace(`clusters:\n  local: ${CLUSTER}\n`);
});
afterAll(() => place.remove());

test('completion knows every command and every option', async () => {
  const complete = async (...words: string[]) =>
    (await place.sbench(['__complete', '--', ...words])).out.split('\n').filter(Boolean).sort();
  for (const command of all(programOf(silent))) {
    const path = pathOf(command).split(' ').slice(1);
    if (path.some((word) => word.startsWith('_'))) continue;
    const options = command.options.flatMap(({ long }) => long ?? []);
    expect(await complete(...path, '--'), path.join(' ')).toEqual([...options, '--help'].sort());
    const inner = command.commands.map((each) => each.name()).filter((name) => !name.startsWith('_'));
    if (inner.length > 0) expect(await complete(...path, ''), path.join(' ')).toEqual(inner.sort());
  }
});

test.each([
  [['sumbit', '--help'], 2, "unknown command 'sumbit'\n(Did you mean submit?)"],
  [['--help', 'sumbit'], 2, "unknown command 'sumbit'"],
  [['cluster', 'chekc', '-h'], 2, "unknown command 'chekc'\n(Did you mean check?)"],
  [['help', 'sumbit'], 2, "unknown command 'sumbit'"],
  [['submit', '--dryrun', 'r.yaml'], 2, "unknown option '--dryrun'\n(Did you mean --dry-run?)"],
  [['help', 'submit'], 0, 'Usage: sbench submit'],
  [['help'], 0, 'Usage: sbench [options]'],
  [['--config', 'x', 'cluster', 'help', 'check'], 0, 'Usage: sbench cluster check'],
  [['status', 'submit', '--help'], 0, 'Usage: sbench status'],
])('%j', async (argv, code, text) => {
  const ran = await place.sbench(argv);
  expect(ran.code).toBe(code);
  expect(code === 0 ? ran.out : ran.err).toContain(text);
});
