import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { glob } from 'ssh-config';

/** OpenSSH's own limit. */
const MAX_DEPTH = 16;

/** The text of `~/.ssh/config` with its includes put in; empty when there is none. */
export function readSshConfig(home: string): string {
  return expand(join(home, '.ssh', 'config'), home, 0);
}

/**
 * Put in as text, so two things differ from OpenSSH: a pattern may stand in the last part of a path only, and a
 * `Host` line inside a file that is itself included inside a `Host` block applies on its own.
 */
function expand(file: string, home: string, depth: number): string {
  const text = readIfThere(file);
  if (depth >= MAX_DEPTH) return text;
  let block = 'Host *';
  return text
    .split(/\r?\n/)
    .map((line) => {
      if (/^\s*(Host|Match)[\s=]/i.test(line)) block = line;
      const patterns = /^\s*Include[\s=]+([^\s=].*)/i.exec(line)?.[1]?.trimEnd();
      if (!patterns) return line;
      const included = words(patterns).flatMap((pattern) => matching(pattern, home));
      // The line after an include belongs to the block before it, not to the last block of the included file.
      return [...included.map((path) => expand(path, home, depth + 1)), block].join('\n');
    })
    .join('\n');
}

function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

function matching(pattern: string, home: string): string[] {
  const expanded = pattern.replace(/^~(?=\/)/, home);
  const path = isAbsolute(expanded) ? expanded : join(home, '.ssh', expanded);
  if (!/[*?]/.test(path)) return [path];
  try {
    const names = readdirSync(dirname(path)).filter((name) => !name.startsWith('.'));
    return names
      .filter((name) => glob(basename(path), name))
      .sort()
      .map((name) => join(dirname(path), name));
  } catch {
    return [];
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
