import { z } from 'zod';
import { durationWords } from '../../shared/yaml/duration.ts';
import { Client, type ClientContext } from '../client.ts';
import type { JobContext, JobPlan } from '../job.ts';
import type { PackedFolder } from '../packed-folder.ts';
import { clientFrame, nonEmpty, text } from '../recipe-schema.ts';
import type { Value } from '../shell-word.ts';
import { parameterWords, programParameters } from './parameters.ts';

const fileName = nonEmpty
  .max(200)
  .refine((name) => !name.startsWith('/') && !name.split('/').some((part) => part === '..' || part === ''), {
    error: 'must be a path inside the folder',
  });

const schema = clientFrame.extend({
  script: z
    .strictObject({
      name: fileName.describe('The program, below the folder.'),
      local_path: nonEmpty
        .optional()
        .describe('Its folder here, all of which goes along; the recipe’s own without it.'),
      remote_path: nonEmpty
        .optional()
        .describe('Where the program looks for it on the cluster, when that matters.'),
    })
    .optional()
    .describe('A program of yours.'),
  command: nonEmpty.optional().describe('A program on the cluster or in the image; or what runs the script.'),
  args: z.array(text).optional().describe('Its arguments, before the parameters.'),
  parameters: programParameters
    .optional()
    .describe('Handed to the program as --key value; a list repeats its key, true is the key alone.'),
  results: z
    .enum(['none', 'json-lines'])
    .optional()
    .describe('What is read of what the program leaves in its results folder.'),
});

type Script = NonNullable<z.infer<typeof schema>['script']>;

const INTERPRETERS: Readonly<Record<string, string>> = { py: 'python3', sh: 'bash', js: 'node', mjs: 'node' };

/** A person's own program, with its folder, or a command that is on the cluster or in the image already. */
export class ScriptClient extends Client<z.infer<typeof schema>> {
  static readonly summary = 'your own program, with its folder, or any command';
  static readonly schema = schema;
  static readonly owns: readonly string[] = [];

  plan(context: ClientContext): JobPlan {
    const { script, command, parameters = {}, duration, results = 'none' } = this.recipe;
    if (!script && command === undefined) context.problem([], "needs 'script' or 'command': what to run");
    this.#mustFit(context);
    const folder = script && pack(script, context);
    return {
      argv: [
        ...this.#program(context, folder),
        ...parameterWords(parameters).map(({ word, at }) =>
          context.expand(word, ['parameters', ...at], 'text'),
        ),
      ],
      env: duration === undefined ? [] : [['SBENCH_DURATION_S', [String(duration)]]],
      binds: [],
      artifacts: folder
        ? [
            {
              kind: 'blob',
              as: folder.as,
              sha256: folder.sha256,
              bytes: folder.bytes,
              contents: folder.contents,
            },
          ]
        : [],
      unpack: script && folder && { as: folder.as, place: placeOf(script, context) },
      files: [],
      // The program's own lines; what it writes into its results folder comes home, too.
      ...(results === 'json-lines' ? { stdoutFile: 'output.jsonl' } : {}),
      resultParser: results,
    };
  }

  /** The command, the script and the arguments, in the order in which they are meant. */
  #program(context: JobContext, folder: PackedFolder | undefined): Value[] {
    const { script, command, args = [] } = this.recipe;
    const program: Value[] = script ? [[{ token: 'SBENCH_WORK' }, `/${script.name}`]] : [];
    const words = args.map((arg, index) => ours(arg, script) ?? context.expand(arg, ['args', index], 'text'));
    if (command !== undefined) {
      const first = ours(command, script) ?? context.expand(command, ['command'], 'path');
      const named = [command, ...args].some((word) => namesScript(word, script));
      return [first, ...(named ? [] : program), ...words];
    }
    const runner = script && folder ? interpreter(script.name, folder.firstLine, context) : undefined;
    return [...(runner === undefined ? [] : [[runner]]), ...program, ...words];
  }

  #mustFit(context: ClientContext): void {
    const { duration } = this.recipe;
    const { timeLimitS } = context;
    if (duration === undefined || timeLimitS === undefined || duration < timeLimitS) return;
    context.problem(
      ['duration'],
      `does not fit: it is ${durationWords(duration)}, and the time limit is ${durationWords(timeLimitS)}`,
    );
  }
}

function pack(script: Script, context: JobContext): PackedFolder | undefined {
  const packed = context.pack(script.local_path, script.name);
  if (!('wrong' in packed)) {
    if (packed.note !== undefined) context.note(packed.note);
    return packed;
  }
  const key = packed.key === 'local_path' && script.local_path === undefined ? 'name' : packed.key;
  context.problem(['script', key], packed.wrong);
  return undefined;
}

const placeOf = ({ remote_path: place }: Script, context: JobContext): Value | undefined =>
  place === undefined ? undefined : context.expand(place, ['script', 'remote_path'], 'path');

/** `bench.py`, or a path that ends so: where it lay before does not matter, it lies in the attempt's folder now. */
const namesScript = (word: string, script: Script | undefined): boolean =>
  script !== undefined && (word === script.name || word.endsWith(`/${script.name}`));

/** A word that means the program, or a file below `remote_path`, means it where it is. */
function ours(word: string, script: Script | undefined): Value | undefined {
  if (!script) return undefined;
  if (namesScript(word, script)) return [{ token: 'SBENCH_WORK' }, `/${script.name}`];
  const remote = script.remote_path?.replace(/(?<!\/)\/+$/, '');
  if (remote === undefined || remote === '' || (word !== remote && !word.startsWith(`${remote}/`)))
    return undefined;
  const rest = word.slice(remote.length);
  return rest === '' ? [{ token: 'SBENCH_WORK' }] : [{ token: 'SBENCH_WORK' }, rest];
}

/** A program that says itself how to run it (`#!`) is run as it is. */
function interpreter(name: string, firstLine: string, context: JobContext): string | undefined {
  if (firstLine.startsWith('#!')) {
    if (firstLine.endsWith('\r'))
      context.problem(['script', 'name'], 'has Windows line ends: no system would find its interpreter');
    return undefined;
  }
  const known = INTERPRETERS[/\.([a-z]+)$/.exec(name)?.[1] ?? ''];
  if (known === undefined && !firstLine.startsWith('\x7fELF')) {
    context.problem(
      ['script', 'name'],
      "does not say how to run it: give 'command', or begin the file with #!",
    );
  }
  return known;
}
