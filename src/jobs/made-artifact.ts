import { createHash } from 'node:crypto';
import type { MadeArtifact } from '../shared/plan/plan.ts';
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
  /** Runs while `make` does, and is ended after it. It listens on `{token: 'SBENCH_PORT'}`, a free port. */
  serve?: Value[];
  env?: [name: string, value: Value][];
  /** `check`, `make` and `serve` run in the job's own container, with its folders and GPU-less. */
  inContainer?: boolean;
  /** What a person does when it is missing and cannot be made; a sentence. */
  hint: string;
}

/** How the runtime wraps a command; without a container it stays as it is. */
export type Wrap = (argv: readonly Value[]) => Value[];

/** Data to the one text that runs on the cluster. The same data are the same key, so one making serves all. */
export function madeArtifact(spec: ToMake, wrap: Wrap = (argv) => [...argv]): MadeArtifact {
  const inside = spec.inContainer ? wrap : (argv: readonly Value[]) => [...argv];
  const script = [
    ...(spec.env ?? []).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    `sb_check() { ${shellWords(inside(spec.check))}; }`,
    `sb_make() {\n${(spec.make ?? []).map((argv) => `  ${shellWords(inside(argv))} || return\n`).join('')}  :\n}`,
    'sb_check || { sb_make && sb_check; }',
    '',
  ].join('\n');
  return {
    kind: 'made',
    what: spec.what,
    key: createHash('sha256').update(script).digest('hex'),
    script,
    hint: spec.hint,
  };
}
