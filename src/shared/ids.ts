import { randomBytes, randomInt } from 'node:crypto';

// No vowels, so that no id spells a word; no 0/o, 1/l, so that it can be read aloud.
const ALPHABET = '23456789bcdfghjkmnpqrstvwxyz';

function randomText(length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += ALPHABET[randomInt(ALPHABET.length)];
  return text;
}

/**
 * A session id: `yymmdd-xxxxxx`, sortable by day, lower case, with at least one letter
 * (BullMQ refuses ids that are all digits).
 */
export function newSessionId(now: Date = new Date()): string {
  const day = now.toISOString().slice(2, 10).replaceAll('-', '');
  const tail = randomText(6);
  return /[a-z]/.test(tail) ? `${day}-${tail}` : newSessionId(now);
}

/** `g-yymmdd-xxxxxx`: no session's id begins with a letter, so neither is ever taken for the other. */
export const newGroupId = (): string => `g-${newSessionId()}`;

export const isGroupId = (name: string): boolean => name.startsWith('g-');

/** The id that marks everything an installation owns on a cluster. */
export function newInstallationId(): string {
  return `b${randomText(5)}`;
}

export function newNonce(): string {
  return randomBytes(12).toString('hex');
}

export const SESSION_ID = /^\d{6}-[a-z0-9]{6}$/;

/** The Slurm job's name. The exact name and our uid make a Slurm job ours, recorded or not. */
export function slurmJobName(installation: string, session: string, attempt: number, role: string): string {
  return `sb-${installation}-${session}-${attempt}-${role}`;
}

const JOB_NAME = /^sb-([a-z0-9]+)-(\d{6}-[a-z0-9]{6})-(\d+)-([scp]\d+)$/;

export function parseSlurmJobName(name: string) {
  const match = JOB_NAME.exec(name);
  if (!match) return undefined;
  const [, installation = '', session = '', attempt = '', role = ''] = match;
  return { installation, session, attempt: Number(attempt), role };
}
