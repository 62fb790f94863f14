import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';

export interface Surroundings {
  /** `--config` */
  config?: string | undefined;
  /** What would stand in a file, before there is one. */
  text?: string | undefined;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
}

/** The one configuration file that counts; a file that was asked for by name has to be there. */
export function findConfiguration({ config, cwd, env, home }: Surroundings): string | undefined {
  const asked = config ?? (env.SBENCH_CONFIG || undefined);
  if (asked !== undefined) {
    const file = resolve(cwd, expandHome(asked, home));
    if (existsSync(file)) return file;
    const by = config === undefined ? 'SBENCH_CONFIG' : '--config';
    throw new UsageError(`there is no configuration file ${file} (from ${by})`);
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, 'sbench.config.yaml');
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) break;
  }
  const file = join(home, '.config/sbench/config.yaml');
  return existsSync(file) ? file : undefined;
}

export const expandHome = (path: string, home: string): string =>
  path === '~' ? home : path.startsWith('~/') ? join(home, path.slice(2)) : path;
