import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type AuthenticationType, type Client } from 'ssh2';
import { AuthenticationError, coerceError } from '../errors.ts';
import type { HostKeyCheck } from './check-host-key.ts';
import { explainFailedConnect, type FailedConnect, type Ssh2Error } from './explain-failure.ts';
import type { Login } from './login-methods.ts';
import type { SshTarget } from './ssh-target.ts';

export interface LoginAttempt {
  target: SshTarget;
  socket: Socket | Duplex;
  login: Login;
  hostKeys: HostKeyCheck;
  signal?: AbortSignal;
}

/**
 * One login over an open (or opening) socket: gives the client to `onReady`, or throws the one error that
 * explains why not. The socket is destroyed then.
 */
export async function logIn<T>(
  attempt: LoginAttempt,
  keepalive: { keepaliveInterval: number; keepaliveCountMax: number },
  onReady: (client: Client, peer: string) => T,
): Promise<T> {
  const { target, socket, login, signal } = attempt;
  const peer = `${target.username}@${target.hostname}:${target.port}`;
  const client = new ssh2.Client();
  // For the client's whole life: ssh2 emits errors after its close, too, and one that nobody hears ends the process.
  client.on('error', () => {});
  let onAbort = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      const seen = watch(client, peer);
      const fail = (error?: Ssh2Error) =>
        reject(explainFailedConnect({ ...seen, error, notes: [...seen.notes, ...login.notes()] }));
      onAbort = () => reject(coerceError(signal?.reason));
      signal?.addEventListener('abort', onAbort, { once: true });
      login.giveUp = reject;
      // In the event itself: a close right behind it must find the transport listening.
      client.on('ready', () => resolve(onReady(client, peer)));
      client.on('error', (error: Ssh2Error) => {
        // An agent that fails is one method less, not the end.
        if (error.level !== 'agent') fail(error);
      });
      client.on('close', () => fail());
      client.on('change password', () => reject(passwordExpired(peer)));
      client.connect({
        ...keepalive,
        // ssh2 takes any Duplex (its own forwarded channels above all); its types say Readable.
        sock: socket,
        username: target.username,
        readyTimeout: target.connectTimeoutS * 1000,
        algorithms: { serverHostKey: attempt.hostKeys.algorithms },
        hostVerifier: (key: Buffer) => {
          const problem = attempt.hostKeys.problemWith(key);
          if (problem) reject(problem);
          return problem === undefined;
        },
        authHandler: (allowed: AuthenticationType[] | null) => login.next(allowed),
      });
      // ssh2 has paused the socket by now, so that listening here takes nothing away from it.
      socket.once('data', (chunk: Buffer) => {
        seen.greeting = chunk.toString('latin1', 0, 512);
      });
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Notes how far the client comes, because that decides what an error means. */
function watch(client: Client, peer: string): FailedConnect {
  const seen: FailedConnect = { peer, stage: 'connecting', greeting: '', banner: '', notes: [] };
  client.on('connect', () => {
    seen.stage = 'handshake';
  });
  client.on('handshake', () => {
    seen.stage = 'login';
  });
  client.on('banner', (text) => {
    seen.banner = text;
  });
  client.on('error', (error: Ssh2Error) => {
    if (error.level === 'agent') seen.notes.push(`The agent cannot be used: ${error.message}.`);
  });
  return seen;
}

function passwordExpired(peer: string): AuthenticationError {
  return new AuthenticationError(`The password for ${peer} has expired.`, {
    code: 'SSH_PASSWORD_EXPIRED',
    remedy: 'person',
    hint: 'Log in by hand and set a new one.',
  });
}
