import { connect as connectTcp } from 'node:net';
import { askForHostKey, type SeenHostKey } from './ask-for-host-key.ts';
import { MAX_CHANNELS } from './channel-slots.ts';
import { loadHostKeyCheck } from './check-host-key.ts';
import { logIn } from './log-in.ts';
import { prepareLogin } from './login-methods.ts';
import { readJumpSecrets, readSecrets, type Secrets } from './read-secrets.ts';
import type { SshTarget } from './ssh-target.ts';
import { Ssh2Transport } from './ssh2-transport.ts';
import type { Transport } from './transport.ts';

export interface ConnectOptions {
  signal?: AbortSignal;
  /** The cluster's name, to find its own password in the environment. */
  cluster?: string;
  env?: NodeJS.ProcessEnv;
  /** How often to ask whether the server is still there; three unanswered questions end the connection. */
  keepaliveMs?: number;
  /** Sessions at once; keep it below the server's MaxSessions. */
  channels?: number;
}

const KEEPALIVE_MS = 15_000;

/**
 * Logs in at a login node, through its jump hosts if it has any. Throws an AuthenticationError when a person
 * has to act (keys, host keys) and a ConnectionError when waiting may help.
 */
export function connect(target: SshTarget, options: ConnectOptions = {}): Promise<Transport> {
  const env = options.env ?? process.env;
  return connectHop(
    target,
    options,
    readSecrets(env, options.cluster),
    readJumpSecrets(env, options.cluster),
  );
}

async function connectHop(
  target: SshTarget,
  options: ConnectOptions,
  secrets: Secrets,
  jumpSecrets: Secrets,
): Promise<Transport> {
  options.signal?.throwIfAborted();
  // What fails without the network fails first: a host key file or a key that cannot be read.
  const hostKeys = await loadHostKeyCheck(target, options.cluster);
  const login = await prepareLogin(target, secrets);

  const jump = await connectJump(target, options, jumpSecrets);
  try {
    const socket = await openSocket(target, jump, options.signal);
    return await logIn(
      { target, socket, login, hostKeys, signal: options.signal },
      keepalive(options),
      (client, peer) => {
        return new Ssh2Transport({
          client,
          peer,
          channels: options.channels ?? MAX_CHANNELS,
          handshakes: 1 + (jump?.counters.handshakes ?? 0),
          destroy: () => socket.destroy(),
          afterwards: async () => jump?.close(),
        });
      },
    );
  } catch (error) {
    await jump?.close();
    throw error;
  }
}

async function connectJump(target: SshTarget, options: ConnectOptions, secrets: Secrets) {
  return target.proxyJump && connectHop(target.proxyJump, options, secrets, secrets);
}

async function openSocket(
  { hostname, port, connectTimeoutS }: SshTarget,
  jump?: Transport,
  signal?: AbortSignal,
) {
  if (!jump) return connectTcp({ host: hostname, port, noDelay: true });
  return jump.forward(hostname, port, { timeoutMs: connectTimeoutS * 1000, signal });
}

/**
 * Which key a server shows, without logging in there; its jump hosts, if any, must be known and log us in.
 * @throws ConnectionError when it cannot be reached.
 */
export async function seeHostKey(target: SshTarget, options: ConnectOptions = {}): Promise<SeenHostKey> {
  const hostKeys = await loadHostKeyCheck(target, options.cluster);
  const jump = await connectJump(
    target,
    options,
    readJumpSecrets(options.env ?? process.env, options.cluster),
  );
  try {
    const socket = await openSocket(target, jump, options.signal);
    try {
      return await askForHostKey({ target, socket, hostKeys });
    } finally {
      socket.destroy();
    }
  } finally {
    await jump?.close();
  }
}

function keepalive(options: ConnectOptions) {
  return { keepaliveInterval: options.keepaliveMs ?? KEEPALIVE_MS, keepaliveCountMax: 3 };
}
