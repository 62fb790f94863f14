import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { coerceError, UsageError } from '../../shared/errors.ts';

/** Who may look: everybody who reaches this address, or who knows a secret. */
export type Access =
  | { is: 'open' }
  | {
      is: 'guarded';
      /** Of a person, typed into the form. Undefined: nobody can. */
      password?: (given: string) => Promise<boolean>;
      /** Of a program, sent as `Authorization: Bearer`. Undefined: none can. */
      token?: (given: string) => boolean;
    };

type Environment = Readonly<Record<string, string | undefined>>;

const PASSWORD = 'SBENCH_DASHBOARD_PASSWORD';
const TOKEN = 'SBENCH_DASHBOARD_TOKEN';
const SHORTEST_PASSWORD = 12;
const SHORTEST_TOKEN = 20;
/** 32 MiB and about 0.1 s a guess. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
/** Guesses must not take the memory and the threads of everybody else. */
const oneByOne = pLimit(2);
const MOST_WAITING = 20;

/**
 * The secrets, each from the environment or, better, from the file that `…_FILE` names.
 * @throws UsageError when there is none, or one is too short to keep anybody out.
 */
export function readAccess(env: Environment, noAuth: boolean): Access {
  if (noAuth) return { is: 'open' };
  const password = readSecret(env, PASSWORD, SHORTEST_PASSWORD);
  const token = readSecret(env, TOKEN, SHORTEST_TOKEN);
  if (password === undefined && token === undefined) {
    throw new UsageError(
      'the dashboard has no password, and there is no default one',
      `Set ${PASSWORD}_FILE (or ${PASSWORD}), or ${TOKEN}_FILE for programs; on this host alone, --no-auth does without.`,
    );
  }
  return {
    is: 'guarded',
    ...(password === undefined ? {} : { password: passwordCheck(password) }),
    ...(token === undefined ? {} : { token: (given: string) => sameText(given, token) }),
  };
}

function readSecret(env: Environment, name: string, shortest: number): string | undefined {
  const file = env[`${name}_FILE`] || undefined;
  const direct = env[name] || undefined;
  if (file !== undefined && direct !== undefined)
    throw new UsageError(`${name} and ${name}_FILE are both set; give one`);
  const secret = file === undefined ? direct : readSecretFile(file, `${name}_FILE`);
  if (secret !== undefined && secret.length < shortest)
    throw new UsageError(`${name} is too short: at least ${shortest} characters`);
  return secret;
}

function readSecretFile(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`cannot read ${name}: ${coerceError(error).message}`);
  }
}

/** `scrypt$<salt>$<hash>`, both base64: what may lie in the file in the place of the password itself. */
export async function hashPassword(password: string): Promise<string> {
  if (password.length < SHORTEST_PASSWORD)
    throw new UsageError(`the password is too short: at least ${SHORTEST_PASSWORD} characters`);
  const salt = randomBytes(16);
  return `scrypt$${salt.toString('base64')}$${(await derive(password, salt)).toString('base64')}`;
}

const HASH = /^scrypt\$([A-Za-z0-9+/]{22}==)\$([A-Za-z0-9+/]{43}=)$/;

/** Not even its length can be told from how long the answer takes. */
function passwordCheck(secret: string): (given: string) => Promise<boolean> {
  if (secret.startsWith('scrypt$') && !HASH.test(secret)) {
    throw new UsageError(`the hash in ${PASSWORD} is damaged`, 'Make one: sbench dashboard --hash-password');
  }
  const stored = HASH.exec(secret);
  const salt = stored ? Buffer.from(stored[1] ?? '', 'base64') : randomBytes(16);
  const expected = stored ? Promise.resolve(Buffer.from(stored[2] ?? '', 'base64')) : derive(secret, salt);
  return async (given) => timingSafeEqual(await derive(given, salt), await expected);
}

/** Its HTTP status is what Express answers with. */
export class TooManyLoginsError extends Error {
  readonly status = 503;
  constructor() {
    super('too many logins at once; try again in a moment');
  }
}

/** @throws TooManyLoginsError when too many wait already. */
async function derive(password: string, salt: Buffer): Promise<Buffer> {
  if (oneByOne.pendingCount > MOST_WAITING) throw new TooManyLoginsError();
  const hash = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);
  return oneByOne(() => hash(password.normalize('NFC'), salt, 32, COST));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const sameText = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
