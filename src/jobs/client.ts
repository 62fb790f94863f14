import type { z } from 'zod';
import { Job, type JobContext, type JobPlan } from './job.ts';
import type { OlderNames } from './older-parameters.ts';
import type { ClientFrame } from './recipe-schema.ts';
import type { Service } from './service.ts';

export interface ClientContext extends JobContext {
  target: Service;
  /** Slurm's time limit, when one is known. */
  timeLimitS: number | undefined;
}

/** A Slurm job that puts load on a service and measures. */
export abstract class Client<Recipe extends ClientFrame = ClientFrame> extends Job<Recipe> {
  abstract override plan(context: ClientContext): JobPlan;
}

/** A kind of client: its schema, and how one is made of a recipe that fits it. */
export interface ClientKind {
  /** One line for `sbench clients`. */
  readonly summary: string;
  readonly schema: z.ZodObject;
  /** Environment that the kind sets and a recipe may not. */
  readonly owns: readonly string[];
  /** What an older recipe, or one from memory, calls things. */
  readonly older?: OlderNames;
  new (kind: string, recipe: never): Client;
}
