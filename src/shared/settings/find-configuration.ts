import { existsSync, statSync } from 'node:fs';
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
    throw new UsageError(
      `there is no configuration file ${file} (from ${by})`,
      `Name one that is there, or make it: sbench init NAME --config ${file}`,
    );
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const file = join(folder, 'sbench.config.yaml');
    if (existsSync(file)) return trusted(file);
    if (dirname(folder) === folder) break;
  }
  const file = join(home, '.config/sbench/config.yaml');
  return existsSync(file) ? file : undefined;
}

/**
 * It was found, not named: in a folder that others can write, such as /tmp, anybody could have put it there, and it says
 * whose code is loaded and which keys are used.
 * @throws UsageError for somebody else's file, and for one that everybody can change.
 */
function trusted(file: string): string {
  const { uid, mode } = statSync(file);
  const self = process.getuid?.() ?? uid;
  if (uid !== self && uid !== 0)
    throw new UsageError(
      `the configuration ${file} belongs to another user (uid ${uid})`,
      `If you trust it, name it: --config ${file}, or SBENCH_CONFIG.`,
    );
  if (mode & 0o002)
    throw new UsageError(`the configuration ${file} can be changed by everybody`, `chmod o-w ${file}`);
  return file;
}

export const expandHome = (path: string, home: string): string =>
  path === '~' ? home : path.startsWith('~/') ? join(home, path.slice(2)) : path;
