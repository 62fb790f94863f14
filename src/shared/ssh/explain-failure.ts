import { AuthenticationError, ConnectionError, SbenchError } from '../errors.ts';

/** The one place that reads ssh2's error texts. */

/** What we know when a connection could not be made. */
export interface FailedConnect {
  peer: string;
  /** ssh2's error; undefined when the server just closed. */
  error?: Ssh2Error;
  /** How far it came. */
  stage: 'connecting' | 'handshake' | 'login';
  /** The server's first bytes: it may say there why it turns us away. */
  greeting: string;
  /** The text the server sent before the login, often why nobody may log in today. */
  banner: string;
  /** Why some of our keys could not be used, and what the server would take. */
  notes: string[];
}

export interface Ssh2Error extends Error {
  /** ssh2's own: client-socket, client-timeout, client-authentication, handshake, protocol, agent. */
  level?: string;
  /** A system call's code, or the reason number of the server's DISCONNECT. */
  code?: string | number;
}

/** RFC 4253, 11.1. */
const DISCONNECT_AUTHENTICATION = [9, 13, 14, 15];

export function explainFailedConnect(failed: FailedConnect): SbenchError {
  const { peer, error, stage } = failed;
  const text = error ? describe(error) : 'the server closed the connection';
  const turnedAway = /(Exceeded MaxStartups|Not allowed at this time)/.exec(failed.greeting)?.[1];
  if (turnedAway) {
    return new ConnectionError(`${peer} takes no more logins at the moment: ${turnedAway}.`, {
      code: 'SSH_BUSY',
      remedy: 'wait',
      waitMs: 10_000,
      cause: error,
    });
  }
  if (stage === 'login' && error && isRefusal(error)) {
    return new AuthenticationError([`${peer} refused the login: ${text}.`, ...failed.notes].join(' '), {
      code: 'SSH_LOGIN_REFUSED',
      remedy: 'person',
      hint: 'Check the user name and the key with: ssh -v, then resume the cluster.',
      cause: error,
    });
  }
  if (error?.level === 'handshake' && /no matching/i.test(error.message)) {
    return new SbenchError(`${peer} and sbench have no algorithm in common: ${text}.`, {
      code: 'SSH_NO_ALGORITHM',
      remedy: 'person',
      hint: 'The server is too old or too strict for ssh2; ask its administrators which key exchanges it takes.',
      cause: error,
    });
  }
  // E.g. /etc/nologin during maintenance: the key is taken, a text is shown, the connection ends. It passes.
  const said =
    failed.banner.trim() && stage === 'login' ? ` The server says: ${clip(failed.banner.trim())}` : '';
  const where = { connecting: 'Cannot reach', handshake: 'No SSH handshake with', login: 'No login at' }[
    stage
  ];
  return new ConnectionError(`${where} ${peer}: ${text}.${said}`, {
    code: error?.level === 'client-timeout' ? 'SSH_TIMEOUT' : 'SSH_UNREACHABLE',
    remedy: 'wait',
    hint: error?.code === 'ENOTFOUND' ? 'Check the host name of the cluster.' : undefined,
    cause: error,
  });
}

function isRefusal(error: Ssh2Error): boolean {
  if (error.level === 'client-authentication') return true;
  if (/too many authentication failures/i.test(error.message)) return true;
  return typeof error.code === 'number' && DISCONNECT_AUTHENTICATION.includes(error.code);
}

/** A connection that worked until now. */
export function connectionLost(peer: string, error?: Error): ConnectionError {
  return new ConnectionError(
    `The connection to ${peer} is lost: ${error ? describe(error) : 'it was closed'}.`,
    {
      code: 'SSH_LOST',
      remedy: 'wait',
      cause: error,
    },
  );
}

/** The server opened no session, so the command did not run. sshd says "open failed" beyond MaxSessions. */
export function sessionRefused(peer: string, reason: number, error: Error): ConnectionError {
  return new ConnectionError(`${peer} opened no session: ${describe(error)}.`, {
    code: 'SSH_SESSIONS_EXHAUSTED',
    remedy: 'wait',
    // 1 is "administratively prohibited", which no waiting changes soon; the others pass.
    waitMs: reason === 1 ? 60_000 : 1_000,
    hint: 'Commands that hang on the login node keep their sessions; a new connection has its own.',
    cause: error,
  });
}

export function forwardRefused(peer: string, to: string, error: Error): SbenchError {
  return new SbenchError(`${peer} opened no connection to ${to}: ${describe(error)}.`, {
    code: 'SSH_FORWARD',
    remedy: 'retry',
    cause: error,
  });
}

/** Node's errors for a name with several addresses have an empty message. */
function describe(error: Error): string {
  const inner =
    error instanceof AggregateError ? (error.errors as Error[]).map((one) => one.message).join('; ') : '';
  return (error.message || inner || String((error as Ssh2Error).code ?? error.name)).replace(/\.$/, '');
}

function clip(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
