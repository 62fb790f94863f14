import type { Command } from 'commander';
import { UsageError } from '../shared/errors.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { jsonLine } from './printable-text.ts';

/** What a shell runs at Tab: it asks us, so that the script never grows old. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# eval "$(sbench completion bash)"
_sbench() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(sbench __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sbench sbench`,
  zsh: `#compdef sbench
# eval "$(sbench completion zsh)", after compinit
_sbench() {
  local -a found
  found=("\${(@f)$(sbench __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n \${found[1]} ]]; then compadd -- $found; else _files; fi
}
compdef _sbench sbench`,
  fish: `# sbench completion fish | source
function __sbench_complete
  set -l given (commandline -opc) (commandline -ct)
  sbench __complete -- $given[2..-1] 2>/dev/null
end
complete -c sbench -a '(__sbench_complete)'`,
};

export function addCompletion(program: Command, cli: Cli): void {
  program
    .command('completion')
    .argument('<shell>', Object.keys(SCRIPTS).join(', '))
    .description('what the shell needs to complete commands, options, clusters and session ids')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench completion bash >> ~/.bashrc')
    .action((shell: string, options: { json?: true }) => {
      const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
      if (script === undefined)
        throw new UsageError(`no completion for '${shell}'; there are: ${Object.keys(SCRIPTS).join(', ')}`);
      cli.terminal.print(options.json ? jsonLine({ shell, script }) : script);
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[], _options: object, command: Command) => {
      const found = await candidates(program, words, () => settingsFor(cli, command));
      // The shell reads these as words: nothing else may be in them.
      const safe = found.filter((word) => /^[A-Za-z0-9_@=.-]+$/.test(word));
      if (safe.length > 0) cli.terminal.print(safe.join('\n'));
    });
}

type ReadSettings = () => ReturnType<typeof settingsFor>;

/** Nothing for a file: then the shell offers those. */
async function candidates(
  program: Command,
  words: readonly string[],
  settings: ReadSettings,
): Promise<string[]> {
  const started = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  let command = program;
  let given = 0;
  for (const word of before) {
    const inner = command.commands.find((each) => each.name() === word);
    if (inner) [command, given] = [inner, 0];
    else if (!word.startsWith('-')) given += 1;
  }
  const own = command.options.flatMap(({ long }) => (long ? [long] : []));
  if (started.startsWith('-')) return matching([...own, '--help'], started);
  const visible = command.commands.map((each) => each.name()).filter((name) => !name.startsWith('_'));
  if (visible.length > 0) return matching(visible, started);
  const previous = command.options.find(({ long }) => long !== undefined && long === before.at(-1));
  if (previous?.required && previous.long === '--clusters') return matching(clusters(settings), started);
  if (previous?.required) return [];
  const argument = command.registeredArguments[given] ?? command.registeredArguments.at(-1);
  if (!argument || (given >= command.registeredArguments.length && !argument.variadic)) return [];
  if (command.name() === 'completion') return matching(Object.keys(SCRIPTS), started);
  if (argument.name() === 'clusters' || (argument.name() === 'name' && command.parent?.name() === 'cluster'))
    return matching(clusters(settings), started);
  if (/^(id|old|new)$/.test(argument.name()))
    return matching(['@last', ...(await sessions(settings))], started);
  return [];
}

const matching = (all: readonly string[], started: string): string[] =>
  all.filter((word) => word.startsWith(started));

function clusters(settings: ReadSettings): string[] {
  try {
    return Object.keys(settings().clusters);
  } catch {
    return [];
  }
}

const MOST_IDS = 50;

/** Whoever presses Tab wants no message. */
async function sessions(settings: ReadSettings): Promise<string[]> {
  try {
    return await withProducer(settings(), ({ store }) => store.list(MOST_IDS));
  } catch {
    return [];
  }
}
