import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type { AuthenticationError } from '../errors.ts';
import type { HostKeyCheck } from './check-host-key.ts';
import { explainFailedConnect, type FailedConnect, type Ssh2Error } from './explain-failure.ts';
import { fingerprint, hostEntryName, typeInside } from './known-hosts.ts';
import type { SshTarget } from './ssh-target.ts';

/** The key that a server showed, and what our known hosts say about it. */
export interface SeenHostKey {
  /** As known_hosts names it: `login.lxp.lu`, `[login.lxp.lu]:8822`. */
  name: string;
  keyType: string;
  key: Buffer;
  fingerprint: string;
  /** Undefined when it is the pinned one. */
  problem: AuthenticationError | undefined;
}

/** Takes part in the handshake up to the host key, and leaves. */
export async function askForHostKey(given: {
  target: SshTarget;
  socket: Socket | Duplex;
  hostKeys: HostKeyCheck;
}): Promise<SeenHostKey> {
  const { target, socket, hostKeys } = given;
  const peer = `${target.hostname}:${target.port}`;
  const failed: FailedConnect = { peer, stage: 'connecting', greeting: '', banner: '', notes: [] };
  const client = new ssh2.Client();
  return new Promise<SeenHostKey>((resolve, reject) => {
    // Kept for the client's whole life: leaving in the middle of a handshake is an error to ssh2.
    client.on('error', (error: Ssh2Error) => reject(explainFailedConnect({ ...failed, error })));
    client.on('close', () => reject(explainFailedConnect(failed)));
    client.on('connect', () => {
      failed.stage = 'handshake';
    });
    client.connect({
      sock: socket,
      username: target.username,
      readyTimeout: target.connectTimeoutS * 1000,
      algorithms: { serverHostKey: hostKeys.algorithms },
      hostVerifier: (key: Buffer) => {
        resolve({
          name: hostEntryName({ hostname: target.hostname, port: target.port, alias: target.hostKeyAlias }),
          keyType: typeInside(key) ?? 'unknown',
          key,
          fingerprint: fingerprint(key),
          problem: hostKeys.problemWith(key),
        });
        return false;
      },
    });
  });
}
