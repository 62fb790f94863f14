import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Of the folder that a recipe lies in; undefined where there is no git, or no work tree. */
export async function gitState(folder: string): Promise<{ commit: string; dirty: boolean } | undefined> {
  // Looking must not write into somebody's repository, and a huge one must not hold a submission up.
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' };
  const git = async (...words: string[]) =>
    (await run('git', ['-C', folder, ...words], { env, timeout: 5_000, maxBuffer: 16 * 1024 * 1024 })).stdout;
  try {
    const commit = (await git('rev-parse', '--verify', 'HEAD')).trim();
    if (!/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
    return { commit, dirty: (await git('status', '--porcelain', '--', '.')).trim() !== '' };
  } catch {
    return undefined;
  }
}
