import type { Value } from '../shell-word.ts';

export interface Bind {
  from: Value;
  to: Value;
  readOnly: boolean;
}

/** A command in a container: everything a runtime's words are made of. */
export interface ContainerUse {
  image: Value;
  binds: readonly Bind[];
  /** Where the command starts, when it matters. */
  folder?: Value;
  /** Of the container itself, where it has one; without it the runtime chooses. */
  name?: Value;
  gpus: boolean;
  /** Variables of ours that the command must see; they are exported on the node. */
  env: readonly string[];
  /** Flags of the site and of the recipe; what stands before the runtime's `exec` or `run` is global. */
  args: readonly string[];
}

export interface Runtime {
  /** What must be in the PATH. */
  command: string;
  /** The file name's end of an image that we make. */
  suffix: string;
  /** The words that run `argv` in the container. */
  wrap(use: ContainerUse, argv: readonly Value[]): Value[];
  /** Commands that make the image `{token: 'SBENCH_NEW'}` of a source such as `docker://redis:7`. */
  pull(source: string, args: readonly string[]): Value[][];
}

/** Words before and after the one that names the sub-command: `--quiet exec --cleanenv`. */
export function splitArgs(args: readonly string[], at: string): { global: Value[]; own: Value[] } {
  const index = args.indexOf(at);
  const word = (text: string): Value => [text];
  if (index < 0) return { global: [], own: args.map(word) };
  return { global: args.slice(0, index).map(word), own: args.slice(index + 1).map(word) };
}

/** `from:to` and, where a runtime knows it, how. */
export const bindWord = ({ from, to, readOnly }: Bind, modes = true): Value => [
  ...from,
  ':',
  ...to,
  ...(modes ? [readOnly ? ':ro' : ':rw'] : []),
];
