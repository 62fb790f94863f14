import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { coerceError } from '../shared/errors.ts';
import { SESSION_ID } from '../shared/ids.ts';

/** A folder of results on this host whose session ended so long ago. */
export interface OldResult {
  folder: string;
  session: string;
}

/** Only folders that say themselves, in their session.json, which session's they are and that it ended. */
export async function findOldResults(results: string | undefined, olderThanS: number): Promise<OldResult[]> {
  const names = results === undefined ? [] : await readdir(results).catch(() => []);
  const found = await Promise.all(
    names.map((name) => oldResult(join(results ?? '', name), name, olderThanS)),
  );
  return found.flatMap((each) => each ?? []);
}

async function oldResult(folder: string, name: string, olderThanS: number): Promise<OldResult | undefined> {
  const session = name.replace(/\.attempt-\d+$/, '');
  if (!SESSION_ID.test(session)) return undefined;
  try {
    if (!(await lstat(folder)).isDirectory()) return undefined;
    const { id, endedAt } = JSON.parse(await readFile(join(folder, 'session.json'), 'utf8'));
    const ended = typeof endedAt === 'number' && Date.now() - endedAt >= olderThanS * 1_000;
    return id === session && ended ? { folder, session } : undefined;
  } catch {
    return undefined;
  }
}

export async function removeOldResults(results: readonly OldResult[]) {
  const left: { what: string; why: string }[] = [];
  for (const { folder } of results) {
    await rm(folder, { recursive: true, force: true }).catch((error) => {
      left.push({ what: folder, why: coerceError(error).message });
    });
  }
  return left;
}
