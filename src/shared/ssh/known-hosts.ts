import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** One usable line of a known_hosts file. */
export interface KnownHost {
  patterns: string[];
  keyType: string;
  key: Buffer;
  revoked: boolean;
  /** `file:line`, for messages. */
  where: string;
}

export interface HostName {
  hostname: string;
  port: number;
  /** Looked up literally instead of hostname and port, as OpenSSH's HostKeyAlias. */
  alias?: string;
}

/** What the files say about one host. */
export interface PinnedKeys {
  accepted: KnownHost[];
  revoked: KnownHost[];
}

/**
 * Reads known_hosts text. Lines it cannot use (comments, broken lines, certificate authorities, which ssh2 does
 * not support) are left out: leaving out a line can only make a host less known, never more.
 */
export function parseKnownHosts(text: string, file = 'known_hosts'): KnownHost[] {
  const entries: KnownHost[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const words = line.trim().split(/[ \t]+/);
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [hosts, keyType, blob] = words;
    if (!hosts || hosts.startsWith('#') || !keyType || !blob) return;
    if (marker !== undefined && marker !== '@revoked') return;
    const key = Buffer.from(blob, 'base64');
    if (typeInside(key) !== keyType) return;
    entries.push({
      patterns: hosts.split(','),
      keyType,
      key,
      revoked: marker === '@revoked',
      where: `${file}:${index + 1}`,
    });
  });
  return entries;
}

/** The keys for one host, from all files together. */
export function pinnedKeys(entries: KnownHost[], host: HostName): PinnedKeys {
  const names = host.alias ? [host.alias] : [hostEntryName(host)];
  let found = entries.filter((entry) => names.some((name) => matchesPatterns(entry.patterns, name)));
  // As OpenSSH does: a host that is unknown under its port may be known by its bare name.
  if (!host.alias && host.port !== 22 && !found.some((entry) => !entry.revoked)) {
    found = [...found, ...entries.filter((entry) => matchesPatterns(entry.patterns, host.hostname))];
  }
  return {
    accepted: found.filter((entry) => !entry.revoked),
    revoked: found.filter((entry) => entry.revoked),
  };
}

/** How a host is written in known_hosts: the port only when it is not 22. */
export function hostEntryName(host: HostName): string {
  if (host.alias) return host.alias;
  return host.port === 22 ? host.hostname : `[${host.hostname}]:${host.port}`;
}

/** As `ssh-keygen -l` and `ssh` print it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256')
    .update(key)
    .digest('base64')
    .replace(/={1,2}$/, '')}`;
}

/** The type is the first string inside the key itself, e.g. `ssh-ed25519`. */
export function typeInside(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  return length > 0 && key.length >= 4 + length ? key.toString('latin1', 4, 4 + length) : undefined;
}

/** A negated pattern that matches rules the whole line out, wherever it stands. */
function matchesPatterns(patterns: string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matchesOne(pattern.slice(1), name)) return false;
    } else if (matchesOne(pattern, name)) matched = true;
  }
  return matched;
}

function matchesOne(pattern: string, name: string): boolean {
  const lowered = name.toLowerCase();
  if (pattern.startsWith('|')) return matchesHash(pattern, lowered);
  return matchesWildcards(pattern.toLowerCase(), lowered);
}

/** `*` and `?`. Not as a regular expression: a line of many stars would keep one busy for ever. */
function matchesWildcards(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < name.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      resume = index;
    } else if (pattern[at] === '?' || pattern[at] === name[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

function matchesHash(pattern: string, name: string): boolean {
  const [, version, salt, digest] = pattern.split('|');
  if (version !== '1' || !salt || !digest) return false;
  const expected = Buffer.from(digest, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
