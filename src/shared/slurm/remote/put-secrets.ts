import { AnswerError } from '../../errors.ts';
import { notWhole, type Place, sha256, where } from './place.ts';

/**
 * Puts the secrets of a role, which is not submitted yet, where its Slurm job reads them: readable by the user only.
 * Their checksum travels with them, because an argument is everybody's to see.
 */
export async function putSecrets(place: Place, role: string, values: Map<string, string>): Promise<void> {
  const body = [...values]
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}\n`)
    .join('');
  const answer = await place.link.ask({
    verb: 'secret',
    args: [...where(place), role],
    stdin: Buffer.from(`${sha256(body)} ${body.length}\n${body}`),
    counted: place.counted,
  });
  if (answer.has('ok')) return;
  if (answer.has('cut')) throw notWhole(`the secrets of ${role}`);
  throw new AnswerError(
    `the secrets of ${role} could not be kept on ${place.link.cluster}: is the disk full?`,
  );
}

/** @returns those of the files, absolute or `$HOME/…`, that are not there, empty, or not readable. */
export async function unreadableFiles(place: Place, paths: string[]): Promise<string[]> {
  const data = Buffer.from(paths.map((path) => `${path}\n`).join(''));
  const args = [place.link.installation, sha256(data), data.length];
  const answer = await place.link.ask({ verb: 'readable', args, stdin: data, counted: place.counted });
  if (!answer.has('ok')) throw notWhole('a list of files');
  return answer.all('missing').map((path) => Buffer.from(path, 'base64').toString('utf8'));
}
