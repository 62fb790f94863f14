import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SbenchError } from '../shared/errors.ts';
import type { RolePlan } from '../shared/plan/plan.ts';
import { putSecrets, unreadableFiles } from '../shared/slurm/remote/put-secrets.ts';
import type { ActionContext } from './action.ts';

/** Every secret that the session names is there: known before a GPU is held, not after hours in a queue. */
export async function checkSecrets(context: ActionContext): Promise<void> {
  const all = context.plan.roles.flatMap((role) => role.secrets ?? []);
  for (const role of context.plan.roles) await valuesOf(role, context.secretsFolder);
  const paths = all.flatMap(({ from }) => (from.is === 'cluster' ? [from.path] : []));
  const missing = paths.length > 0 ? await unreadableFiles(context.place, [...new Set(paths)]) : [];
  if (missing.length === 0) return;
  throw new SbenchError(
    `on ${context.plan.cluster.name} the file of a secret is missing, empty or not readable: ${missing.join(', ')}`,
    {
      code: 'SECRET_MISSING',
      remedy: 'final',
      hint: 'Put it there, with mode 0600, and submit again.',
    },
  );
}

/** Hands a role's secrets over, just before it is submitted. */
export async function handOverSecrets(context: ActionContext, role: RolePlan): Promise<void> {
  const values = await valuesOf(role, context.secretsFolder);
  if (values.size > 0) await putSecrets(context.place, role.role, values);
}

async function valuesOf(role: RolePlan, folder: string | undefined): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const { name, from } of role.secrets ?? []) {
    if (from.is === 'worker') values.set(name, await readSecret(from.secret, folder));
  }
  return values;
}

/**
 * A worker's secret: only what was put there to be given away, so that no recipe can ask for any file or variable.
 * @throws SbenchError (retry): another worker may have it.
 */
export async function readSecret(
  secret: string,
  folder: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const variable = `SBENCH_SECRET_${secret.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
  const file = folder === undefined ? undefined : join(folder, secret);
  const text = env[variable] ?? (file && (await readFile(file, 'utf8').catch(() => undefined)));
  const value = text?.replace(/(?<![\r\n])[\r\n]+$/, '');
  if (value && !value.includes('\0')) return value;
  const where = `$${variable}${file ? ` and ${file}` : ''}`;
  throw new SbenchError(
    `the worker on ${hostname()} has no secret '${secret}': ${where} ${file ? 'are' : 'is'} not there, or empty`,
    {
      code: 'SECRET_MISSING',
      remedy: 'retry',
      hint: 'Give it to every worker of this cluster, as this variable or as a file in the folder `secrets:` of the configuration.',
    },
  );
}
