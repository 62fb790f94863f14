import type { ClusterLink } from '../../cluster/cluster-link.ts';
import { AnswerError } from '../../errors.ts';
import { SESSION_ID } from '../../ids.ts';

/** A session's folder on a cluster, by the last change in it. */
export interface SessionFolder {
  id: string;
  ageS: number;
  kilobytes: number;
}

export interface Old {
  sessions: SessionFolder[];
  /** There are more of them than one answer holds. */
  more: boolean;
  /** Sessions in whose folders something has changed since. */
  young: Set<string>;
  programs: { count: number; kilobytes: number };
  /** Files that a crash left behind. */
  leftovers: number;
  /** Other installations in the same folder; the age is unknown when it takes too long to tell. */
  others: { id: string; ageS: number | undefined; kilobytes: number }[];
}

/** One answer has at most so many folders. */
const MOST = 500;
/** One command removes so many. */
const AT_ONCE = 50;
const TIMEOUT_MS = 900_000;

/** What of this installation has not changed for so long on a cluster. */
export async function listOld(link: ClusterLink, ageS: number): Promise<Old> {
  const args = [link.installation, ageS, MOST];
  const answer = await link.ask({ verb: 'old', args, timeoutMs: TIMEOUT_MS });
  if (!answer.has('whole')) throw new AnswerError(`what is old on ${link.cluster} could not be listed`);
  const numbers = (word: string) => (answer.get(word) ?? '').split(' ').map((each) => Number(each) || 0);
  const [count = 0, kilobytes = 0] = numbers('programs');
  return {
    sessions: answer.all('session').flatMap((line) => {
      const [id = '', age, size] = line.split(' ');
      return SESSION_ID.test(id) ? [{ id, ageS: Number(age), kilobytes: Number(size) || 0 }] : [];
    }),
    more: answer.has('more'),
    young: new Set(answer.all('young')),
    programs: { count, kilobytes },
    leftovers: numbers('leftovers')[0] ?? 0,
    others: answer.all('other').map((line) => {
      const [id = '', age, size] = line.split(' ');
      return { id, ageS: age === 'unknown' ? undefined : Number(age), kilobytes: Number(size) || 0 };
    }),
  };
}

/** Removes the folders of sessions in which nothing has changed for so long. @returns those of which nothing is left. */
export async function forgetFolders(
  link: ClusterLink,
  ageS: number,
  ids: readonly string[],
): Promise<Set<string>> {
  const gone = new Set<string>();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    const args = [link.installation, ageS, ...some];
    const answer = await link.ask({ verb: 'forget', args, timeoutMs: TIMEOUT_MS });
    // Nothing of this installation is there at all.
    for (const id of answer.has('none') ? some : answer.all('gone')) gone.add(id);
  }
  return gone;
}

/** Removes programs that no session has, and what crashes left behind. */
export async function prune(link: ClusterLink, ageS: number): Promise<Pick<Old, 'programs' | 'leftovers'>> {
  const answer = await link.ask({ verb: 'prune', args: [link.installation, ageS], timeoutMs: TIMEOUT_MS });
  const sizes = answer.all('program').map((size) => Number(size) || 0);
  const kilobytes = sizes.reduce((sum, size) => sum + size, 0);
  return {
    programs: { count: sizes.length, kilobytes },
    leftovers: Number(answer.get('leftovers') ?? 0),
  };
}

const NOT_REMOVED: Readonly<Record<string, string>> = {
  none: 'there is no such installation',
  unknown: 'how old it is could not be told in time',
  unseen: 'squeue did not answer, so nobody knows whether it has Slurm jobs',
  busy: 'Slurm has Slurm jobs of its name',
  left: 'some of its files could not be removed',
};

/** Removes another installation whole. @returns why it did not; undefined: it is gone. */
export async function forgetInstallation(
  link: ClusterLink,
  id: string,
  ageS: number,
): Promise<string | undefined> {
  if (id === link.installation) return 'it is this installation, which is alive';
  const answer = await link.ask({ verb: 'forget-installation', args: [id, ageS], timeoutMs: TIMEOUT_MS });
  if (answer.has('gone')) return undefined;
  if (answer.has('young')) return 'something in it has changed since';
  return NOT_REMOVED[answer.lines[0]?.word ?? ''] ?? 'the cluster gave no answer that we know';
}
