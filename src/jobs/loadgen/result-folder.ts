import { createWriteStream } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Result } from '../../shared/result/result.ts';
import type { PauseCounts } from './analyse/count-pauses.ts';
import { keepFile } from './replace-file.ts';

/** The folder behind `--out`: `result.json`, replaced as a whole, and `requests.jsonl`, which grows. */
export interface ResultFolder {
  /** Returns at once; the write happens beside the measurement. A failed write surfaces in `closeLog`. */
  append(lines: Buffer): void;
  /** Of one turn, into `pauses.jsonl`: of several nodes each keeps them, for the one result of all. */
  appendPauses(line: PauseCounts): Promise<void>;
  save(result: Result): Promise<void>;
  closeLog(): Promise<void>;
}

export async function openResultFolder(folder: string): Promise<ResultFolder> {
  await mkdir(folder, { recursive: true });
  const requests = createWriteStream(join(folder, 'requests.jsonl'));
  const written = finished(requests);
  // A full disk is reported when we close; until then it must not end the process as an unhandled rejection.
  written.catch(() => {});
  return {
    append: (lines) => void requests.write(lines),
    appendPauses: (line) => appendFile(join(folder, 'pauses.jsonl'), `${JSON.stringify(line)}\n`),
    save: (result) => keepFile(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`),
    async closeLog() {
      requests.end();
      await written;
    },
  };
}
