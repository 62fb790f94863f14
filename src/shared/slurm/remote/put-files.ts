import type { Readable } from 'node:stream';
import { AnswerError } from '../../errors.ts';
import { notWhole, type Place, sha256, where } from './place.ts';

/** Makes the attempt's folder. @returns the artifacts that are not on the cluster yet. */
export async function prepareAttempt(
  place: Place,
  artifacts: { as: string; sha256: string }[],
): Promise<string[]> {
  const pairs = artifacts.map((artifact) => `${artifact.as}=${artifact.sha256}`);
  const answer = await place.link.ask({
    verb: 'prepare',
    args: [...where(place), ...pairs],
    counted: place.counted,
  });
  if (!answer.has('ok'))
    throw new AnswerError(`the attempt's folder could not be made on ${place.link.cluster}`);
  return answer.all('missing');
}

/** One file to keep on the cluster under its content's name. */
export interface Upload {
  as: string;
  sha256: string;
  bytes: number;
  open: () => Readable | Buffer;
}

export async function putArtifact(place: Place, { as, sha256, bytes, open }: Upload): Promise<void> {
  const answer = await place.link.ask({
    verb: 'put',
    args: [...where(place), as, sha256, bytes],
    stdin: open(),
    timeoutMs: 900_000,
    transfer: true,
    counted: place.counted,
  });
  if (answer.has('ok')) return;
  if (answer.has('cut')) throw notWhole(as);
  throw new AnswerError(`${as} could not be kept on ${place.link.cluster}: is the disk full?`);
}

export interface Made {
  is: 'present' | 'making' | 'missing' | 'failed';
  /** Its size; where it is being made; what went wrong. */
  text: string;
}

/** Asks whether something is there; `poll` also has it made, by somebody who outlives this call. */
export async function askMade(place: Place, script: string, how: 'poll' | 'verify'): Promise<Made> {
  const data = Buffer.from(script);
  const answer = await place.link.ask({
    verb: 'make',
    args: [...where(place), 'made', sha256(data), data.length, how],
    stdin: data,
    timeoutMs: 120_000,
    counted: place.counted,
  });
  if (answer.has('cut')) throw notWhole('a script');
  const [is = '', encoded = ''] = (answer.get('made') ?? '').split(' ');
  const text = Buffer.from(encoded, 'base64').toString('utf8').trim();
  if (is === 'present' || is === 'making' || is === 'missing' || is === 'failed') return { is, text };
  const why = is === 'broken' ? text : 'is the disk full?';
  throw new AnswerError(`what is on ${place.link.cluster} could not be checked: ${why}`);
}
