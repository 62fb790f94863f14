import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { coerceError, SbenchError } from '../shared/errors.ts';

export interface LoadgenBlob {
  sha256: string;
  bytes: number;
  data: Buffer;
}

/** The load generator as one file, which the build makes; found from the sources and from `dist` alike. */
export async function loadLoadgen(
  file: URL = new URL('../../dist/jobs/loadgen.mjs', import.meta.url),
): Promise<LoadgenBlob> {
  try {
    const data = await readFile(file);
    return { data, bytes: data.length, sha256: createHash('sha256').update(data).digest('hex') };
  } catch (cause) {
    throw new SbenchError(`the bundled load generator is missing: ${coerceError(cause).message}`, {
      code: 'NOT_BUILT',
      remedy: 'person',
      hint: 'Run npm run build.',
      cause,
    });
  }
}
