export interface Secrets {
  password?: string;
  passphrase?: string;
}

/**
 * Secrets come from the environment only: `SBENCH_SSH_PASSWORD_<CLUSTER>` before `SBENCH_SSH_PASSWORD`, and the
 * same for `SBENCH_SSH_PASSPHRASE`, which opens key files.
 */
export function readSecrets(env: NodeJS.ProcessEnv, cluster?: string): Secrets {
  const suffix = cluster?.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  const read = (name: string) => (suffix ? env[`${name}_${suffix}`] : undefined) || env[name] || undefined;
  return {
    password: read('SBENCH_SSH_PASSWORD'),
    passphrase: read('SBENCH_SSH_PASSPHRASE'),
  };
}

/** A cluster's password is no business of the jump host's, so that one is asked for by its own name. */
export function readJumpSecrets(env: NodeJS.ProcessEnv, cluster?: string): Secrets {
  return {
    password: env.SBENCH_SSH_JUMP_PASSWORD || undefined,
    passphrase: readSecrets(env, cluster).passphrase,
  };
}
