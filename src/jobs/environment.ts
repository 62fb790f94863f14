import { z } from 'zod';
import { MAX_WORD, UNSPEAKABLE } from './shell-word.ts';

// Bash keeps these for itself (setting some of them fails, setting others changes how the script runs), and the
// script stands on the rest. PATH belongs into `setup`, where `$PATH` means something.
const RESERVED =
  /^(PATH|HOME|USER|IFS|ENV|CDPATH|GLOBIGNORE|UID|EUID|PPID|GROUPS|SHELLOPTS|POSIXLY_CORRECT|OPTIND|OPTERR|LINENO|RANDOM|SRANDOM|SECONDS|HISTCMD|DIRSTACK|FUNCNAME|PIPESTATUS|PS4|TMOUT|EPOCH.*|BASH.*|SLURM_.*|SB_.*|SBENCH_.*|TARGET_SERVICE_.*)$/i;

/** Names that the cluster or sbench gives a meaning to. */
export const isReservedVariable = (name: string): boolean => RESERVED.test(name);

const name = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not the name of an environment variable')
  .refine(
    (key) => !isReservedVariable(key),
    'is set by the cluster or by sbench; use setup: [export …] if you must',
  );

/** A secret's value stays where it is until the Slurm job reads it: `docs/secrets.md`. */
const secret = z.union([
  z.strictObject({
    secret_file: z
      .string()
      .min(1)
      .max(4096)
      .refine((path) => !/\p{Cc}/u.test(path)),
  }),
  z.strictObject({ secret: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/) }),
]);

/** A job's `environment:`: texts, and secrets. */
export const environmentRecipe = z.record(
  name,
  z.unknown().transform((value, context) => {
    if (typeof value === 'string') {
      const wrong =
        value.length > MAX_WORD
          ? `is longer than ${MAX_WORD} characters`
          : UNSPEAKABLE.test(value)
            ? 'contains a NUL or half a character'
            : undefined;
      if (wrong === undefined) return value;
      context.addIssue({ code: 'custom', message: wrong });
    } else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      const found = secret.safeParse(value);
      if (found.success) return found.data;
      const message =
        'is not a text; a secret is {secret_file: PATH} on the cluster or {secret: NAME} of the workers';
      context.addIssue({ code: 'custom', message });
    } else if (value === null) {
      context.addIssue({ code: 'custom', message: "is empty; write '' for an empty text" });
    } else {
      context.addIssue({ code: 'invalid_type', expected: 'string', input: value });
    }
    return z.NEVER;
  }),
);

const SECRET_NAME = /(^|_)(TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIALS?|APIKEY|KEY)$/i;

/** Its value would be stored with the session, and a person should know. */
export const looksSecret = (variable: string): boolean => SECRET_NAME.test(variable);
