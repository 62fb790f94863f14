import { AnswerError } from '../../errors.ts';
import { type Place, where } from './place.ts';

/** More results than this stay on the cluster, but for the small files. Bytes. */
const MOST_RESULT_BYTES = 512 * 1024 * 1024;

export interface Fetched {
  /** One tar. */
  tar: Buffer;
  /** There was too much: large files have stayed on the cluster. */
  omitted: boolean;
}

/**
 * Results, manifests and the ends of the logs; undefined when the attempt has no folder.
 * @throws AnswerError when the cluster could not pack them: asked again, it may.
 */
export async function fetchAttempt(place: Place, logBytes: number): Promise<Fetched | undefined> {
  const body = await place.link.run({
    verb: 'fetch',
    args: [...where(place), logBytes, MOST_RESULT_BYTES],
    timeoutMs: 900_000,
    maxBytes: 2 * MOST_RESULT_BYTES,
    transfer: true,
    counted: place.counted,
  });
  if (body.toString('latin1', 0, 5).trim() === 'none') return undefined;
  const mark = body.lastIndexOf('\n@sbench-tar ');
  const [, code = '', omitted = ''] = body.toString('latin1', Math.max(0, mark)).trim().split(' ');
  // 1: a file changed while it was read, which the manifest will tell.
  if (mark < 0 || (code !== '0' && code !== '1'))
    throw new AnswerError(`the results could not be packed (tar: ${code})`);
  return { tar: body.subarray(0, mark), omitted: omitted === 'yes' };
}

export function tailLog(place: Place, role: string, bytes: number): Promise<Buffer> {
  return place.link.run({ verb: 'tail', args: [...where(place), role, bytes], counted: place.counted });
}
