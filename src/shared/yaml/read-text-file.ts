import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { coerceError, UsageError } from '../errors.ts';
import { didYouMean } from './nearest.ts';
import { RecipeError } from './problem.ts';

const MAX_BYTES = 1024 * 1024;
/** So many are a help; more are a listing. */
const MAX_NAMES = 5;

/**
 * A YAML file that a person named. `file` is how messages call it.
 * @throws UsageError when there is nothing to read, RecipeError with the place when it is no text.
 */
export function readTextFile(path: string, file: string, what: 'recipe' | 'configuration'): string {
  let data: Buffer;
  try {
    data = readAtMost(path, MAX_BYTES + 1);
  } catch (error) {
    const { why, hint } = explain(coerceError(error), path, file);
    throw new UsageError(`cannot read the ${what} ${file}: ${why}`, hint);
  }
  if (data.length > MAX_BYTES) throw new UsageError(`${file} is larger than 1 MiB: is it a ${what}?`);
  const wrong = notText(data);
  if (wrong !== undefined) {
    const { at, message } = wrong;
    const before = data.subarray(0, at).toString('utf8');
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    throw new RecipeError(
      [{ file, line, column, message }],
      `A ${what} is a YAML text in UTF-8: is ${file} the file you meant?`,
    );
  }
  return data.toString('utf8');
}

/** Never more than that: a device or a pipe may have no end. */
function readAtMost(path: string, most: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const data = Buffer.alloc(most);
    let length = 0;
    for (let more = -1; more !== 0 && length < most; length += more)
      more = readSync(file, data, length, most - length, null);
    return data.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function explain(error: Error, path: string, file: string): { why: string; hint?: string } {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return { why: 'there is no such file', hint: besideIt(path) };
    case 'EISDIR':
      return { why: 'it is a folder', hint: `Name a file in it${listed(yamlIn(path))}` };
    case 'EACCES':
    case 'EPERM':
      return { why: 'you may not read it', hint: `See whose it is: ls -l ${file}` };
    case 'ENOTDIR':
      return { why: 'a part of its path is a file, and no folder' };
    default:
      return { why: error.message };
  }
}

/** What a person may have meant instead. */
function besideIt(path: string): string {
  const folder = dirname(path);
  const names = yamlIn(folder);
  if (names === undefined) return `There is no folder ${folder} either.`;
  const near = didYouMean(basename(path), names);
  return near === '' ? `It was looked for in ${folder}${listed(names)}` : near.slice(2);
}

function yamlIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder).filter((name) => /\.ya?ml$/i.test(name));
  } catch {
    return undefined;
  }
}

function listed(names: readonly string[] = []): string {
  if (names.length === 0) return '.';
  const more = names.length > MAX_NAMES ? ' …' : '.';
  return `; there are: ${[...names].sort().slice(0, MAX_NAMES).join(', ')}${more}`;
}

/** The first byte that no text has, and what it tells. */
function notText(data: Buffer): { at: number; message: string } | undefined {
  if ((data[0] === 0xff && data[1] === 0xfe) || (data[0] === 0xfe && data[1] === 0xff))
    return { at: 0, message: 'is UTF-16 text; save it as UTF-8' };
  const nul = data.indexOf(0);
  if (nul >= 0) return { at: nul, message: 'is no text: it has a NUL byte here' };
  if (isUtf8(data)) return undefined;
  const at = firstNotUtf8(data);
  const byte = (data[at] ?? 0).toString(16).padStart(2, '0');
  return { at, message: `is no text in UTF-8: it has the byte 0x${byte} here` };
}

/** Decoded and encoded again it is the same up to there. */
function firstNotUtf8(data: Buffer): number {
  const again = Buffer.from(data.toString('utf8'));
  return data.findIndex((byte, at) => byte !== again[at]);
}
