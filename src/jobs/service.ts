import type { z } from 'zod';
import { Job, type JobContext, type JobPlan } from './job.ts';
import type { ServiceFrame } from './recipe-schema.ts';
import type { Value } from './shell-word.ts';

interface HttpReadiness {
  probe: 'http';
  method: 'GET' | 'HEAD' | 'POST';
  path: string;
  body: string;
  /** A text that the answer's body must hold; empty: none. */
  expect: string;
  /** A text that means that it will never be ready; empty: none. */
  fatal: string;
  /** This path must answer 2xx before anything else is asked. */
  first?: string | undefined;
  /** Those that mean ready; without any, every 2xx does. */
  status?: readonly number[] | undefined;
  /** Longest wait for one answer. */
  patienceS?: number | undefined;
}

/** How it is told that a service can be asked. The checks run on its own node, one after another. */
export type Readiness = (
  | HttpReadiness
  | { probe: 'tcp' }
  /** It answers a line with one that holds the text. */
  | { probe: 'line'; line: string; expect: string }
  | { probe: 'command'; argv: Value[] }
  /** Running is ready. */
  | { probe: 'none' }
) & {
  /** Between two checks; without it they begin fast and grow slower. */
  everyS?: number | undefined;
};

export interface ServicePlan extends JobPlan {
  /** Undefined: it listens on no port, and no client can talk to it. */
  port: 'auto' | number | undefined;
  endpoint: { scheme: string; path: string };
  readiness: Readiness;
  /**
   * It gets a new random password, in the file `SBENCH_PASSWORD_FILE` before it starts; its clients have it as
   * `TARGET_SERVICE_PASSWORD`. For environments and files: an argument can be read by everybody on the node.
   */
  password?: boolean;
  /**
   * What it is asked about itself when it is ready; its own words become `server/NAME.json` of its results. That it
   * does not answer matters to nobody.
   */
  describe?: Description[];
}

export interface Description {
  name: string;
  method: 'GET' | 'POST';
  path: string;
  body?: string;
}

/** A Slurm job that others talk to. */
export abstract class Service<Recipe extends ServiceFrame = ServiceFrame> extends Job<Recipe> {
  /** What a client asks for when it does not say: a model server's model. */
  get model(): string | undefined {
    return undefined;
  }

  /** Whether it has a port: known before it is planned, because `$SBENCH_PORT` means nothing without. */
  get listens(): boolean {
    return true;
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
