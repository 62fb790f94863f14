import { createHmac, randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../errors.ts';
import type { SeenHostKey } from './ask-for-host-key.ts';
import type { SshTarget } from './ssh-target.ts';

/**
 * Writes a key that a person trusts into the first of the target's known hosts.
 * @returns the file's name.
 */
export function pinHostKey(target: SshTarget, { name, keyType, key }: SeenHostKey): string {
  const file = target.knownHosts[0];
  if (file === undefined)
    throw new UsageError('the ssh configuration keeps no known hosts: `known_hosts: file`');
  try {
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    // As the file does, where nobody has said: names are hashed so that a thief learns no other host from it.
    const hashed = target.hashKnownHosts ?? /^\|1\|/m.test(before);
    const line = `${hashed ? hashedName(name) : name} ${keyType} ${key.toString('base64')}\n`;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    appendFileSync(file, before === '' || before.endsWith('\n') ? line : `\n${line}`, { mode: 0o600 });
    return file;
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${(error as Error).message}`);
  }
}

function hashedName(name: string): string {
  const salt = randomBytes(20);
  const digest = createHmac('sha1', salt).update(name.toLowerCase()).digest('base64');
  return `|1|${salt.toString('base64')}|${digest}`;
}
