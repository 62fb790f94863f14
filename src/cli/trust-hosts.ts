import { UsageError } from '../shared/errors.ts';
import { seeHostKey } from '../shared/ssh/connect.ts';
import { pinHostKey } from '../shared/ssh/pin-host-key.ts';
import type { SshTarget } from '../shared/ssh/ssh-target.ts';
import type { Terminal } from './terminal.ts';

export interface TrustedHost {
  host: string;
  type: string;
  fingerprint: string;
  /** Where it was written; absent when it was known before. */
  file?: string;
}

export interface Trust {
  cluster: string;
  /** Fingerprints that somebody has compared already, e.g. a script's author. */
  fingerprints: readonly string[];
  /** What to give where nobody can be asked. */
  command: string;
}

/**
 * Login node and jump hosts, in the order of travel: shows the key of each that is not known yet, and pins it when the
 * person, or a given fingerprint, says that it is the right one.
 * @throws AuthenticationError for a key that has changed: that is nothing to be answered with yes.
 */
export async function trustHosts(
  terminal: Terminal,
  target: SshTarget,
  trust: Trust,
): Promise<TrustedHost[]> {
  const before = target.proxyJump ? await trustHosts(terminal, target.proxyJump, trust) : [];
  const seen = await seeHostKey(target, { cluster: trust.cluster, env: { ...terminal.env } });
  const { name, keyType, fingerprint, problem } = seen;
  const host = { host: name, type: keyType, fingerprint };
  if (!problem) return [...before, host];
  if (problem.code !== 'SSH_HOST_KEY_UNKNOWN') throw problem;
  if (!trust.fingerprints.includes(fingerprint)) {
    const given = trust.fingerprints.length > 0 ? ', which is none of those given' : '';
    const shows = `${name} shows the ${keyType} key ${fingerprint}${given}`;
    if (given !== '' || !terminal.ask) {
      throw new UsageError(
        shows,
        `Compare it with the one that your site publishes; if it is the same: ${trust.command} --fingerprint ${fingerprint}`,
      );
    }
    const answer = await terminal.ask(
      `${shows}.\nCompare it with the one that your site publishes. Is it the same? (yes/no) `,
    );
    if (!/^y(es)?$/i.test(answer?.trim() ?? '')) throw new UsageError(`the key of ${name} is not trusted`);
  }
  const file = pinHostKey(target, seen);
  terminal.say(`${name}: its key is known from now on (${file})`);
  return [...before, { ...host, file }];
}
