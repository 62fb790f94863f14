import type { z } from 'zod';
import { Job, type JobContext, type JobPlan } from './job.ts';
import type { ServiceFrame } from './recipe-schema.ts';

export type Readiness =
  | { probe: 'http'; method: 'GET' | 'POST'; path: string; body: string; expect: string; fatal: string }
  | { probe: 'tcp' }
  | { probe: 'command'; argv: string[] }
  | { probe: 'none' };

export interface ServicePlan extends JobPlan {
  port: 'auto' | number;
  endpoint: { scheme: string; path: string };
  readiness: Readiness;
}

/** A Slurm job that others talk to. */
export abstract class Service<Recipe extends ServiceFrame = ServiceFrame> extends Job<Recipe> {
  /** What a client asks for when it does not say: a model server's model. */
  get model(): string | undefined {
    return undefined;
  }

  abstract override plan(context: JobContext): ServicePlan;
}

/** A kind of service: its schema, and how one is made of a recipe that fits it. */
export interface ServiceKind {
  /** One line for `sbench services`. */
  readonly summary: string;
  readonly schema: z.ZodObject;
  /** Environment that the kind sets and a recipe may not. */
  readonly owns: readonly string[];
  new (kind: string, recipe: never): Service;
}
