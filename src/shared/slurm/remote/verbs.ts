import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Answer } from '../../cluster/answer.ts';
import type { ClusterLink } from '../../cluster/cluster-link.ts';
import { AnswerError, ConnectionError } from '../../errors.ts';
import { slurmJobName } from '../../ids.ts';
import type { SubmitAnswer } from '../../session/events.ts';
import { readRefusal, refusalText } from '../read-refusal.ts';
import { type NamedRow, readSacct, readSqueue } from '../read-rows.ts';

/** Where on a cluster, and who pays: `counted` adds to the session's own count. */
export interface Place {
  link: ClusterLink;
  session: string;
  attempt: number;
  counted: (what: 'commands' | 'transfers') => Promise<void>;
}

const where = ({ link, session, attempt }: Place) => [link.installation, session, attempt];
export const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

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

const notWhole = (what: string): ConnectionError =>
  new ConnectionError(`${what} did not arrive whole`, { code: 'CUT', remedy: 'wait', waitMs: 1_000 });

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

export type SubmitOutcome =
  | SubmitAnswer
  /** Somebody else's claim may still be at work. */
  | { is: 'wait'; seconds: number }
  | { is: 'limit'; reason: string }
  /** It may have been accepted: the next delivery looks. */
  | { is: 'unresolved'; reason: string };

export interface Submission {
  role: string;
  script: string;
  options: string[];
  /** What a client must know of its services; empty for a service. */
  target: string;
  /** The service whose heterogeneous Slurm job has its part already. */
  inJobOf?: string | undefined;
}

/** Submits a role exactly once, however often it is called. The order of steps is in the remote tool. */
export async function submitRole(
  place: Place,
  { role, script, options, target, inJobOf }: Submission,
): Promise<SubmitOutcome> {
  const parts = [script, options.map((option) => `${option}\n`).join(''), target].map((part) =>
    Buffer.from(part),
  );
  const data = Buffer.concat(parts);
  const name = slurmJobName(place.link.installation, place.session, place.attempt, role);
  const answer = await place.link.ask({
    verb: 'submit',
    args: [
      ...where(place),
      role,
      name,
      sha256(data),
      ...parts.map((part) => part.length),
      ...(inJobOf ? [inJobOf] : []),
    ],
    stdin: data,
    timeoutMs: 180_000,
    counted: place.counted,
  });
  return readSubmit(answer);
}

function readSubmit(answer: Answer): SubmitOutcome {
  const accepted = answer.get('accepted');
  if (accepted) return { is: 'accepted', id: Number(accepted), at: answer.number('now') };
  if (answer.has('closed')) return { is: 'closed' };
  if (answer.has('wait')) return { is: 'wait', seconds: answer.number('wait') };
  if (answer.has('unresolved')) return { is: 'unresolved', reason: answer.text('why') };
  if (answer.has('cut')) return { is: 'unresolved', reason: 'the script did not arrive whole' };
  const sbatch = answer.get('sbatch');
  if (sbatch === undefined) throw new AnswerError('submit gave an answer that we do not know');
  const refusal = readRefusal(answer.text('why'));
  // Whatever its words: with these codes sbatch did not like its own options, or there is none. Nothing was asked.
  const notAsked = /^(255|127) /.test(sbatch);
  if (refusal.is === 'ambiguous' && notAsked) {
    return { is: 'refused', reason: refusal.reason, clean: sbatch.endsWith('clean') };
  }
  if (refusal.is === 'refused') {
    return { is: 'refused', reason: refusalText(refusal), clean: sbatch.endsWith('clean') };
  }
  return refusal.is === 'limit' ? refusal : { is: 'unresolved', reason: refusal.reason };
}

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

export interface Look {
  /** The login node's clock, seconds since 1970. */
  now: number;
  rows: NamedRow[];
}

const NO_LIST = /Invalid user|slurm_load_jobs error|Unable to contact|Socket timed out/;

/** @returns the reason when squeue did not answer, or not so that it can be read: that says nothing about any Slurm job. */
export async function look(link: ClusterLink): Promise<Look | { failed: string }> {
  const asked = await unlessGarbled(async () => {
    const answer = await link.ask({ verb: 'look', args: [link.installation], timeoutMs: 40_000 });
    const why = answer.text('why');
    if (answer.number('squeue') !== 0) return { failed: why || 'squeue gave no answer within 15 s' };
    const rows = readSqueue(answer.all('row'));
    // With exit code 0 and an empty list: a name service that hangs makes us nobody.
    if (rows.length === 0 && NO_LIST.test(why)) return { failed: why };
    return { now: answer.number('now'), rows };
  });
  return 'garbled' in asked ? { failed: asked.garbled } : asked;
}

export type Accounting = { is: 'rows'; rows: NamedRow[] } | { is: 'silent'; why: string } | { is: 'absent' };

export async function account(link: ClusterLink, ids: number[]): Promise<Accounting> {
  const asked = await unlessGarbled(async (): Promise<Accounting> => {
    const answer = await link.ask({ verb: 'account', args: ids, timeoutMs: 80_000 });
    if (answer.number('sacct') === 0) return { is: 'rows', rows: readSacct(answer.all('row')) };
    const why = answer.text('why') || 'sacct gave no answer within 60 s';
    return /accounting storage is disabled/.test(why) ? { is: 'absent' } : { is: 'silent', why };
  });
  return 'garbled' in asked ? { is: 'silent', why: asked.garbled } : asked;
}

async function unlessGarbled<T extends object>(ask: () => Promise<T>): Promise<T | { garbled: string }> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof AnswerError) return { garbled: error.message };
    throw error;
  }
}

export async function readConfig(link: ClusterLink): Promise<Record<string, string>> {
  const answer = await link.ask({ verb: 'config', args: [] });
  return Object.fromEntries(answer.lines.map(({ word, rest }) => [word, rest]));
}

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
