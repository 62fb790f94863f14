import type { Artifact, RolePlan, ToolOutput } from '../shared/plan/plan.ts';
import type { ToMake } from './made-artifact.ts';
import type { PackedFolder, SentFile, Unpackable } from './packed-folder.ts';
import type { Value } from './shell-word.ts';

/** A blob that the producer put into Redis, named by its content. */
export interface Blob {
  sha256: string;
  bytes: number;
}

export interface JobContext {
  /** Expands `$NAME`; in a path an undeclared name is an error, elsewhere it stays and is noted. */
  expand(text: string, at: readonly PropertyKey[], as: 'path' | 'text'): Value;
  /** Something is wrong with the recipe at this place below the job. */
  problem(at: readonly PropertyKey[], message: string): void;
  /** Something a person should know, though nothing is wrong. */
  note(message: string): void;
  blobs: { loadgen: Blob };
  /** Packs folders of the person's. */
  pack(local: string | undefined, script: string): PackedFolder | Unpackable;
  /** A file beside the recipe that goes to the cluster as it is; undefined, and a problem, when it cannot. */
  file(name: string, at: readonly PropertyKey[]): SentFile | undefined;
  /** The cluster's large folder, for images and models. */
  cache: Value;
}

/** One run of a tool: its standard output becomes a file of the results, and a point when the parser reads it. */
export type Step = Omit<ToolOutput, 'is'> & { is: ToolOutput['is'] | 'file'; argv: Value[] };

/** What one Slurm job runs. Data only: the batch script is written elsewhere. */
export interface JobPlan {
  argv: Value[];
  env: [name: string, value: Value][];
  /** Folders that a container must see, `host:inside:mode`; nothing to do without one. */
  binds: Value[];
  /** `to-make`: the cluster checks or makes it before any Slurm job starts. */
  artifacts: (Artifact | ToMake)[];
  /**
   * The kind's own image, unless the recipe names one; `target`: the one of the service it talks to. None, and none
   * in the recipe: the command runs on the node as it is.
   */
  image?: { docker: string } | 'target';
  /** Commands that run before the program, in the same container: a database's first files. */
  before?: Value[][];
  /** A client's standard output becomes this file of its results; else it is the Slurm job's log. */
  stdoutFile?: string;
  /** In the place of a client's `argv`: several runs one after another, up to the first that fails. */
  steps?: Step[];
  /** A packed folder that lies in the working folder before anything runs; `place`: where it appears, too, if free. */
  unpack?: { as: string; place?: Value | undefined } | undefined;
  /** Small files that the job finds in its working folder. */
  files: { name: string; text: string | Value }[];
  resultParser: RolePlan['resultParser'];
}

/** One Slurm job of a recipe: a service or a client of some kind. */
export abstract class Job<Recipe> {
  readonly kind: string;
  readonly recipe: Recipe;

  constructor(kind: string, recipe: Recipe) {
    this.kind = kind;
    this.recipe = recipe;
  }

  /** Pure: the same recipe and context give the same plan. */
  abstract plan(context: JobContext): JobPlan;
}
