import { type Dirent, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { coerceError } from '../../shared/errors.ts';

export interface ListedFile {
  /** Relative to the folder, with `/` between its parts. */
  name: string;
  bytes: number;
  executable: boolean;
}

/** Thrown for what cannot or must not be packed; the message is the end of a sentence about the folder. */
export class UnpackableError extends Error {}

export const IGNORE_FILE = '.sbenchignore';

/** Somebody who names their home folder shall not wait for the end of it. */
const MOST_ENTRIES = 20_000;

/** The files of a folder in one order, whatever the host: no dot-files, nothing that `.sbenchignore` names. */
export function listFolder(folder: string): ListedFile[] {
  const root = realpathSync(folder);
  const rules = readRules(root);
  const files: ListedFile[] = [];
  let entries = 0;
  const visit = (prefix: string): void => {
    for (const entry of readFolder(root, prefix)) {
      const name = `${prefix}${entry.name}`;
      if (entry.name.startsWith('.')) continue;
      if (++entries > MOST_ENTRIES)
        throw new UnpackableError(`has more than ${MOST_ENTRIES} files and folders`);
      if (rules.ignores(entry.isDirectory() ? `${name}/` : name)) continue;
      if (entry.isDirectory()) visit(`${name}/`);
      else files.push(describe(root, name, entry));
    }
  };
  visit('');
  return files.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** A link is packed as the file it leads to, as long as that lies in the folder, too. */
function describe(root: string, name: string, entry: Dirent): ListedFile {
  const path = join(root, name);
  const cure = `leave it out in ${IGNORE_FILE}`;
  if (entry.isSymbolicLink()) {
    const target = resolved(path);
    if (target === undefined) throw new UnpackableError(`has a link that leads nowhere: ${name}; ${cure}`);
    if (!target.startsWith(`${root}${sep}`))
      throw new UnpackableError(
        `has a link that leads out of it: ${name} to ${target}; copy the file, or ${cure}`,
      );
    if (!statSync(path).isFile())
      throw new UnpackableError(`has a link to what is not a file: ${name}; copy it, or ${cure}`);
  } else if (!entry.isFile()) {
    throw new UnpackableError(`has something that is neither a file nor a folder: ${name}; ${cure}`);
  }
  const { size, mode } = statSync(path);
  return { name, bytes: size, executable: (mode & 0o111) !== 0 };
}

function resolved(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function readFolder(root: string, prefix: string): Dirent[] {
  try {
    return readdirSync(join(root, prefix), { withFileTypes: true });
  } catch (error) {
    throw new UnpackableError(`cannot be read: ${coerceError(error).message}`);
  }
}

function readRules(root: string): Ignore {
  // As git does it on Linux: upper and lower case differ.
  const rules = ignore({ ignorecase: false });
  const file = join(root, IGNORE_FILE);
  if (!lstatSync(file, { throwIfNoEntry: false })) return rules;
  try {
    return rules.add(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UnpackableError(`has a ${IGNORE_FILE} that cannot be read: ${coerceError(error).message}`);
  }
}
