import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { FolderPacker, PackedFolder, SentFile, Unpackable } from '../../jobs/packed-folder.ts';
import { coerceError } from '../../shared/errors.ts';
import { expandHome } from '../../shared/settings/find-configuration.ts';
import type { BlobData } from '../enqueue-session.ts';
import { IGNORE_FILE, type ListedFile, listFolder, UnpackableError } from './list-folder.ts';
import { type PackedFile, tarBytes, writeTar } from './write-tar.ts';

const MOST_FILES = 1_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** Packs the folders that a recipe's `script:` names, and keeps them until they are sent. */
export class ScriptFolders implements FolderPacker {
  readonly #beside: (file: string) => string;
  readonly #cwd: string;
  readonly #packed = new Map<string, PackedFolder & { data: Buffer }>();
  readonly #sent = new Map<string, SentFile & { data: Buffer }>();

  /** @param beside the folder of one of the recipe's files */
  constructor(beside: (file: string) => string, cwd: string) {
    this.#beside = beside;
    this.#cwd = cwd;
  }

  /** What enqueueSession puts into Redis. */
  blobs(): BlobData[] {
    return [...this.#packed.values(), ...this.#sent.values()].map(({ sha256, data }) => ({ sha256, data }));
  }

  send(name: string, file: string): SentFile | Pick<Unpackable, 'wrong'> {
    const path = resolve(this.#beside(file), expandHome(name, homedir()));
    try {
      const { size } = statSync(path);
      if (size > MOST_BYTES) {
        return { wrong: `is ${mib(size)} MiB, more than ${MOST_BYTES / 2 ** 20} MiB: '${name}'` };
      }
      const data = readFileSync(path);
      const sha256 = createHash('sha256').update(data).digest('hex');
      const as = `file-${sha256.slice(0, 12)}`;
      const sent = { as, sha256, bytes: data.length, text: data.toString('utf8'), data };
      this.#sent.set(sha256, sent);
      return sent;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return { wrong: `is not there: ${path}` };
      return { wrong: `cannot be read: ${coerceError(error).message}` };
    }
  }

  pack(local: string | undefined, script: string, file: string): PackedFolder | Unpackable {
    const { folder, only, note } = this.#place(local, script, file);
    try {
      const listed = only === undefined ? listFolder(folder) : [describeOne(folder, only)];
      if (!listed.some(({ name }) => name === script)) return missing(folder, script);
      checkSize(listed);
      const files = listed.map(({ name, executable }) => {
        const content = readFileSync(join(folder, name));
        // Not every way that a program comes to a host keeps its mode.
        return {
          name,
          content,
          executable: executable || (name === script && content.subarray(0, 2).toString() === '#!'),
        };
      });
      return { ...this.#keep(files, script), note };
    } catch (error) {
      if (error instanceof UnpackableError) return { wrong: error.message, key: 'local_path' };
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return absent(folder, only);
      return { wrong: `cannot be read: ${coerceError(error).message}`, key: 'local_path' };
    }
  }

  /** Without a folder, or with the program's own path in its place, the one file is all there is. */
  #place(
    local: string | undefined,
    script: string,
    file: string,
  ): { folder: string; only?: string; note?: string } {
    const beside = this.#beside(file);
    if (local === undefined) return { folder: beside, only: script };
    let path = resolve(beside, expandHome(local, homedir()));
    let note: string | undefined;
    const here = resolve(this.#cwd, local);
    if (!existsSync(path) && existsSync(here)) {
      note = `script.local_path is not beside the recipe; taken from the current folder: ${here}`;
      path = here;
    }
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
    return isFile && basename(path) === script
      ? { folder: dirname(path), only: script, note }
      : { folder: path, note };
  }

  #keep(files: PackedFile[], script: string): PackedFolder {
    const data = writeTar(files);
    const sha256 = createHash('sha256').update(data).digest('hex');
    const program = files.find(({ name }) => name === script)?.content ?? Buffer.alloc(0);
    const packed = {
      as: `program-${sha256.slice(0, 12)}.tar`,
      sha256,
      bytes: data.length,
      contents: files.map(({ name }) => name),
      firstLine: program.subarray(0, 200).toString('utf8').split('\n', 1)[0] ?? '',
    };
    this.#packed.set(sha256, { ...packed, data });
    return packed;
  }
}

function describeOne(folder: string, name: string): ListedFile {
  const stats = statSync(join(folder, name));
  if (!stats.isFile())
    throw new UnpackableError(`is not a folder with the program, and ${name} is not a file`);
  return { name, bytes: stats.size, executable: (stats.mode & 0o111) !== 0 };
}

function checkSize(files: readonly ListedFile[]): void {
  if (files.length > MOST_FILES) {
    throw new UnpackableError(
      `has ${files.length} files, more than ${MOST_FILES}; leave some out in ${IGNORE_FILE}`,
    );
  }
  const total = files.reduce((sum, { bytes }) => sum + tarBytes(bytes), 0);
  if (total <= MOST_BYTES) return;
  const largest = [...files].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const named = largest.map(({ name, bytes }) => `${name} (${mib(bytes)} MiB)`).join(', ');
  throw new UnpackableError(
    `is ${mib(total)} MiB, more than ${MOST_BYTES / 2 ** 20} MiB; largest: ${named}; leave some out in ${IGNORE_FILE}`,
  );
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

function missing(folder: string, script: string): Unpackable {
  const there = statSync(join(folder, script), { throwIfNoEntry: false })?.isFile() === true;
  const why = there ? `is left out by ${IGNORE_FILE}, or is a dot-file` : `is not in ${folder}`;
  return { wrong: `${why}: '${script}'`, key: 'name' };
}

function absent(folder: string, only: string | undefined): Unpackable {
  return only === undefined
    ? { wrong: `there is no folder ${folder}`, key: 'local_path' }
    : {
        wrong: `there is no file ${join(folder, only)}; give 'local_path', or correct the name`,
        key: 'name',
      };
}
