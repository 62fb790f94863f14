import { readFile } from 'node:fs/promises';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import { AuthenticationError } from '../errors.ts';
import {
  fingerprint,
  hostEntryName,
  type KnownHost,
  type PinnedKeys,
  parseKnownHosts,
  pinnedKeys,
  typeInside,
} from './known-hosts.ts';
import type { SshTarget } from './ssh-target.ts';

export interface HostKeyCheck {
  /** What to ask the server for: pinned types first, else it might show a key we never saw. */
  algorithms: ServerHostKeyAlgorithm[];
  /** Undefined when the key is the pinned one. */
  problemWith(key: Buffer): AuthenticationError | undefined;
}

const ALGORITHMS: ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** Loads what is pinned for a host. A missing file is an empty one; an unreadable file is somebody's to repair. */
export async function loadHostKeyCheck(target: SshTarget, cluster?: string): Promise<HostKeyCheck> {
  const entries = (await Promise.all(target.knownHosts.map(readEntries))).flat();
  const host = { hostname: target.hostname, port: target.port, alias: target.hostKeyAlias };
  const pinned = pinnedKeys(entries, host);
  const types = new Set(pinned.accepted.map((entry) => entry.keyType));
  const isPinned = (algorithm: string) => types.has(algorithm.startsWith('rsa-sha2') ? 'ssh-rsa' : algorithm);
  return {
    algorithms: [...ALGORITHMS.filter(isPinned), ...ALGORITHMS.filter((name) => !isPinned(name))],
    problemWith: (key) => judge(key, pinned, hostEntryName(host), target, cluster),
  };
}

async function readEntries(file: string): Promise<KnownHost[]> {
  try {
    return parseKnownHosts(await readFile(file, 'utf8'), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new AuthenticationError(`Cannot read the known hosts in ${file}: ${(error as Error).message}`, {
      code: 'SSH_KNOWN_HOSTS',
      remedy: 'person',
      hint: 'Make the file readable for the user who runs sbench.',
      cause: error,
    });
  }
}

function judge(
  key: Buffer,
  pinned: PinnedKeys,
  name: string,
  target: SshTarget,
  cluster: string | undefined,
): AuthenticationError | undefined {
  const revoked = pinned.revoked.find((entry) => entry.key.equals(key));
  const shown = `${typeInside(key) ?? 'a'} key ${fingerprint(key)}`;
  if (revoked) {
    return new AuthenticationError(`${name} shows the ${shown}, which is revoked in ${revoked.where}.`, {
      code: 'SSH_HOST_KEY_REVOKED',
      remedy: 'person',
      hint: 'Do not connect; ask the administrators of the cluster.',
    });
  }
  if (pinned.accepted.some((entry) => entry.key.equals(key))) return undefined;
  const file = target.knownHosts[0] ?? '~/.ssh/known_hosts';
  const line = `${name} ${typeInside(key)} ${key.toString('base64')}`;
  if (pinned.accepted.length === 0) {
    return new AuthenticationError(`The host key of ${name} is not known: the server shows the ${shown}.`, {
      code: 'SSH_HOST_KEY_UNKNOWN',
      remedy: 'person',
      hint: `Compare the fingerprint with the one that your site publishes; if it is the same${cluster === undefined ? `, add this line to ${file}: ${line}` : `: sbench cluster trust ${cluster}`}`,
    });
  }
  const known = pinned.accepted
    .map((entry) => `${entry.keyType} ${fingerprint(entry.key)} (${entry.where})`)
    .join(', ');
  return new AuthenticationError(
    `The host key of ${name} has changed: known is ${known}, the server shows the ${shown}.`,
    {
      code: 'SSH_HOST_KEY_CHANGED',
      remedy: 'person',
      hint: `Somebody may be listening in, or the cluster was reinstalled: ask its administrators. Only if the new fingerprint is theirs: ssh-keygen -R '${name}', then add this line to ${file}: ${line}`,
    },
  );
}
