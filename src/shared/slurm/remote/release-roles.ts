import { AnswerError } from '../../errors.ts';
import { slurmJobName } from '../../ids.ts';
import type { SubmitAnswer } from '../../session/events.ts';
import { type Place, where } from './place.ts';

export interface Released {
  owners: { role: string; answer: SubmitAnswer }[];
  /** What scancel complained about; the looks that follow tell whether it mattered. */
  complaints: string;
}

/** No effect after this. `whole`: the attempt is closed; else only the roles named. */
export async function releaseRoles(place: Place, roles: string[], whole: boolean): Promise<Released> {
  const pairs = roles.map(
    (role) => `${role}=${slurmJobName(place.link.installation, place.session, place.attempt, role)}`,
  );
  const answer = await place.link.ask({
    verb: 'release',
    args: [...where(place), whole ? 'all' : 'some', ...pairs],
    timeoutMs: 30_000 + 70_000 * roles.length,
    counted: place.counted,
  });
  if (whole && !answer.has('closed'))
    throw new AnswerError('the attempt could not be closed: is the disk full?');
  const at = answer.number('now');
  const owners = answer.all('owner').flatMap((line): Released['owners'] => {
    const [role = '', owner = ''] = line.split(' ');
    if (/^\d+$/.test(owner)) return [{ role, answer: { is: 'accepted', id: Number(owner), at } }];
    return owner === 'closed' ? [{ role, answer: { is: 'closed' } }] : [];
  });
  return { owners, complaints: answer.text('why') };
}
