/**
 * What may be done about an error is decided where it is born, never by whoever catches it:
 * `retry` uses up a try, `wait` does not, `person` waits for somebody to act, `final` ends the attempt.
 */
export type Remedy = 'retry' | 'wait' | 'person' | 'final';

export interface SbenchErrorOptions {
  code: string;
  remedy: Remedy;
  /** What to do next, one sentence. */
  hint?: string;
  /** For `wait`: how long, in milliseconds, before it is worth trying again. */
  waitMs?: number;
  cause?: unknown;
}

/** The root of all errors that sbench throws on purpose. Anything else is a bug of ours. */
export class SbenchError extends Error {
  readonly code: string;
  readonly remedy: Remedy;
  readonly hint: string | undefined;
  readonly waitMs: number | undefined;

  constructor(message: string, options: SbenchErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.remedy = options.remedy;
    this.hint = options.hint;
    this.waitMs = options.waitMs;
  }
}

/** Thrown by the SSH adapter when a cluster cannot be reached or a connection broke. The work waits. */
export class ConnectionError extends SbenchError {}

/** Thrown by the SSH adapter when keys or host keys are refused. Trying again would look like an attack. */
export class AuthenticationError extends SbenchError {}

/** Thrown when a command's answer is not what the remote tool prints. The command may have happened. */
export class AnswerError extends SbenchError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'ANSWER', remedy: 'retry', cause });
  }
}

/** Thrown by the Slurm adapter when Slurm answers that the request is wrong. Change the recipe. */
export class RefusedError extends SbenchError {
  constructor(message: string, hint?: string) {
    super(message, { code: 'REFUSED', remedy: 'final', hint });
  }
}

/** Thrown for a recipe, configuration or command line that is wrong. Nothing was changed. Exit code 2. */
export class UsageError extends SbenchError {
  constructor(message: string, hint?: string) {
    super(message, { code: 'USAGE', remedy: 'final', hint });
  }
}

/** Thrown when Redis cannot be reached. Exit code 3. */
export class RedisError extends SbenchError {
  constructor(message: string, hint?: string) {
    super(message, { code: 'REDIS', remedy: 'wait', hint });
  }
}

/** Thrown when a record changed under us more often than we were willing to look. Try again. */
export class ConflictError extends SbenchError {
  constructor(message: string) {
    super(message, { code: 'CONFLICT', remedy: 'retry' });
  }
}

/** Thrown when stored data has a version that this program does not read. Upgrade this worker. */
export class NewerVersionError extends SbenchError {
  constructor(what: string, version: unknown) {
    super(`${what} has version ${String(version)}, which this sbench does not read`, {
      code: 'NEWER_VERSION',
      remedy: 'wait',
      waitMs: 60_000,
      hint: 'Upgrade this worker; a newer one has to do this action.',
    });
  }
}

/** Any thrown value as an Error, so that a catch never has to guess. */
export function coerceError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
