import { createHash } from 'node:crypto';
import type { MadeArtifact } from '../shared/plan/plan.ts';
import { readShell } from './preamble.ts';
import { shellWord, shellWords, type Value } from './shell-word.ts';

/**
 * Something large that must be on the cluster before a GPU is held: an image, a model. A kind says what it is as data;
 * the words may hold `{token: 'HOME'}` and the cluster's cache folder (`context.cache`).
 */
export interface ToMake {
  kind: 'to-make';
  /** For people: `model llama3.2:3b`. */
  what: string;
  /** Exits 0 when it is there, and whole. It runs at every session, so it must be cheap: scratch is purged by age. */
  check: Value[];
  /** Make it, one command after another; none: it can only be checked. */
  make?: Value[][];
  /**
   * The file or folder that `make` makes: the commands write to `{token: 'SBENCH_NEW'}`, which gets this name when all
   * of them have succeeded. Without it, what is half made must be harmless.
   */
  path?: Value;
  /** The end of the new file's name, for programs that go by it. */
  suffix?: string;
  /** Runs while `make` does, and is ended after it. It listens on `{token: 'SBENCH_PORT'}`, a free port. */
  serve?: Value[];
  env?: [name: string, value: Value][];
  /** `check`, `make` and `serve` run in the job's own container; `make`: a look at files needs none, `check` is outside. */
  inContainer?: boolean | 'make';
  /** Folders on the cluster that `make` writes to, or that its container binds: made before it. */
  folders?: Value[];
  /** A command that has to be in the PATH for `make`. */
  needs?: string;
  /** Made at every session, present or not. */
  force?: boolean;
  /** What is said when it is missing and there is no `make`; else the words that `check` printed. */
  missing?: string | undefined;
  /** What a person does when it is missing and cannot be made; a sentence. */
  hint: string;
}

/** What of its job an artifact shares: how commands get into the container, and the modules. */
export interface Surroundings {
  cache: Value;
  modules: readonly string[];
  /** How the job's runtime wraps a command; without a container it stays as it is. */
  wrap?: ((argv: readonly Value[]) => Value[]) | undefined;
  /** The command of that runtime. */
  runtime?: string | undefined;
}

/** Data to the one text that runs on the cluster. What has the same path, or the same words, is made once. */
export function madeArtifact(spec: ToMake, { cache, modules, wrap, runtime }: Surroundings): MadeArtifact {
  const inside = (argv: readonly Value[]): string => shellWords(spec.inContainer && wrap ? wrap(argv) : argv);
  const needs = [spec.needs, spec.inContainer && wrap ? runtime : undefined].filter(
    (name) => name !== undefined,
  );
  const prepare = [
    ...(modules.length > 0 ? [`sb_module ${shellWords(modules.map((name) => [name]))}`] : []),
    ...[...new Set(needs)].map((name) => `sb_runtime ${shellWord(name)}`),
    ...(spec.env ?? []).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    ...(spec.folders ?? []).map((folder) => `mkdir -p ${shellWord(folder)} || return`),
    ':',
  ];
  const checkInside = spec.inContainer === true;
  const check = checkInside ? inside(spec.check) : shellWords(spec.check);
  const body = [
    `sb_prepare() {\n${prepare.map((line) => `  ${line}\n`).join('')}}`,
    // A look at a file needs no module.
    checkInside ? `sb_check() { ( sb_prepare && ${check} ); }` : `sb_check() { ${check}; }`,
    `sb_make() {\n${(spec.make ?? []).map((argv) => `  ( ${inside(argv)} ) || return\n`).join('')}  :\n}`,
    ...(spec.serve ? [`sb_serve_meanwhile() { ${inside(spec.serve)}; }`] : []),
  ];
  const key = createHash('sha256')
    .update(spec.path ? shellWord(spec.path) : body.join('\n'))
    .digest('hex');
  const script = [
    '#!/bin/bash',
    `SB_WHAT=${shellWord(spec.what)}`,
    `SB_KEY=${key}`,
    `SB_CACHE=${shellWord(cache)}`,
    `SB_TARGET=${spec.path ? shellWord(spec.path) : "''"} SB_SUFFIX=${shellWord(spec.suffix ?? '')}`,
    `SB_FORCE=${spec.force ? 1 : 0} SB_SERVES=${spec.serve ? 1 : 0}`,
    readShell('made/made.sh').trimEnd(),
    readShell('preamble/modules.sh').trimEnd(),
    readShell('runtimes/containers.sh').trimEnd(),
    ...body,
    'sb_made "$@"',
    '',
  ].join('\n');
  return {
    kind: 'made',
    what: spec.what,
    key,
    script,
    makes: (spec.make ?? []).length > 0,
    inContainer: spec.inContainer === true && wrap !== undefined,
    ...(spec.missing === undefined ? {} : { missing: spec.missing }),
    hint: spec.hint,
  };
}
