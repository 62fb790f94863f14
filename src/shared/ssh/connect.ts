import { connect as connectTcp } from 'node:net';
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
  const hostKeys = await loadHostKeyCheck(target);
  const login = await prepareLogin(target, secrets);

  const jump = target.proxyJump && (await connectHop(target.proxyJump, options, jumpSecrets, jumpSecrets));
  try {
    const { hostname, port } = target;
    const socket = jump
      ? await jump.forward(hostname, port, {
          timeoutMs: target.connectTimeoutS * 1000,
          signal: options.signal,
        })
      : connectTcp({ host: hostname, port, noDelay: true });
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

function keepalive(options: ConnectOptions) {
  return { keepaliveInterval: options.keepaliveMs ?? KEEPALIVE_MS, keepaliveCountMax: 3 };
}
