import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';

const NAME = 'SBENCH_REDIS_PASSWORD';

/**
 * Puts the password into an address that has none, so that it may stand in a file of its own: a configuration is shown
 * around, and the environment of a container can be inspected.
 */
export function withRedisPassword(
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const password = env[NAME] || fromFile(env[`${NAME}_FILE`]);
  if (!password || url === undefined || !URL.canParse(url)) return url;
  const address = new URL(url);
  if (!/^rediss?:$/.test(address.protocol) || address.password !== '') return url;
  address.password = encodeURIComponent(password);
  return address.href;
}

function fromFile(file: string | undefined): string | undefined {
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`cannot read ${NAME}_FILE: ${(error as Error).message}`);
  }
}
