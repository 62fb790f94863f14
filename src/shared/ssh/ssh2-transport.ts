import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { type ConnectionError, coerceError } from '../errors.ts';
import { ChannelSlots, type Release } from './channel-slots.ts';
import { connectionLost, forwardRefused, sessionRefused } from './explain-failure.ts';
import { type CommandRun, type RunOptions, runCommand } from './run-command.ts';
import type {
  CommandOutcome,
  ExecOptions,
  ForwardOptions,
  RunningCommand,
  StartOptions,
  Transport,
  TransportCounters,
} from './transport.ts';

interface Connection {
  client: Client;
  peer: string;
  channels: number;
  handshakes: number;
  /** Tears the socket down at once, whatever state ssh2 thinks it is in. */
  destroy: () => void;
  /** Closes what carried this connection (the jump host). */
  afterwards: () => Promise<void>;
}

const GOODBYE_MS = 2_000;
const FORWARD_MS = 20_000;

/** A logged-in ssh2 client as a `Transport`. */
export class Ssh2Transport implements Transport {
  readonly peer: string;
  readonly counters: TransportCounters;
  readonly closed: Promise<Error | undefined>;
  readonly #connection: Connection;
  readonly #slots: ChannelSlots;
  readonly #runs = new Set<CommandRun>();
  /** Given up by us, still running there: sshd keeps the session until the command ends. */
  readonly #abandoned = new Set<CommandRun>();
  readonly #execs = new Set<CommandRun>();
  #settleClosed: (why: Error | undefined) => void = () => {};
  #closing = false;
  #gone: ConnectionError | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#slots = new ChannelSlots(connection.channels);
    this.peer = connection.peer;
    this.counters = { handshakes: connection.handshakes, commands: 0, channels: 0, refused: 0, lost: 0 };
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    // ssh2 may emit several errors and a close; every one of them means the same, and the first one says why.
    connection.client.on('error', (error: Error) => this.#lose(connectionLost(this.peer, error)));
    connection.client.on('close', () => this.#lose(connectionLost(this.peer)));
  }

  async exec(command: string, options: ExecOptions): Promise<CommandOutcome> {
    const run = await this.#launch(command, options);
    return run.done;
  }

  async start(command: string, options: StartOptions): Promise<RunningCommand> {
    const run = await this.#launch(command, { ...options, stdin: 'open' });
    return {
      stdin: { write: run.write, end: run.end },
      done: run.done,
      close: () => run.lose('closed by us'),
    };
  }

  async #launch(command: string, options: RunOptions): Promise<CommandRun> {
    this.#mustBeOpen();
    const release = await this.#slots.acquire(options);
    try {
      this.#mustBeOpen();
    } catch (error) {
      release();
      throw error;
    }
    return this.#request(command, options, release);
  }

  #request(command: string, options: RunOptions, release: Release): Promise<CommandRun> {
    const run = runCommand(options);
    let sent = true;
    let held = true;
    this.counters.commands++;
    this.counters.channels++;
    this.#runs.add(run);
    if (options.stdin !== 'open') this.#execs.add(run);
    const free = () => {
      if (!held) return;
      held = false;
      this.counters.channels--;
      this.#abandoned.delete(run);
      release();
    };
    void run.done.then((outcome) => {
      this.#runs.delete(run);
      this.#execs.delete(run);
      if (outcome.kind !== 'lost' || !sent) return;
      this.counters.lost++;
      if (held) this.#abandoned.add(run);
      this.#retireWhenWorn();
    });
    return new Promise((resolve, reject) => {
      // A run that ends before its channel opened (timeout, cut) is `lost`, not "did not run": ssh2 sends the
      // command by itself as soon as the server confirms the channel.
      void run.done.then(() => resolve(run));
      const notSent = (why: Error) => {
        sent = false;
        free();
        reject(why);
        run.lose(why.message);
      };
      const onChannel = (error: ChannelError | undefined, channel: ClientChannel) => {
        if (!error) {
          channel.once('close', free);
          run.attach(channel);
          resolve(run);
          return;
        }
        free();
        // The request was sent, and its refusal cannot be told from a channel that died meanwhile.
        if (error.message === 'Unable to exec') run.lose('the server did not confirm the command');
        else if (typeof error.reason !== 'number') notSent(this.#gone ?? connectionLost(this.peer, error));
        else {
          this.counters.refused++;
          notSent(sessionRefused(this.peer, error.reason, error));
        }
      };
      try {
        this.#connection.client.exec(command, onChannel);
      } catch (error) {
        notSent(connectionLost(this.peer, coerceError(error)));
      }
    });
  }

  async forward(host: string, port: number, options: ForwardOptions = {}): Promise<Duplex> {
    this.#mustBeOpen();
    const timeout = AbortSignal.timeout(options.timeoutMs ?? FORWARD_MS);
    const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
    const refused = (error: Error) => forwardRefused(this.peer, `${host}:${port}`, error);
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(refused(coerceError(signal.reason)));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#connection.client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
        signal.removeEventListener('abort', onAbort);
        if (error) return reject(this.#gone ?? refused(error));
        // A forwarded stream is a caller's to watch, but an error nobody watches must not end the process.
        channel.on('error', () => {});
        if (signal.aborted) channel.destroy();
        else resolve(channel);
      });
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (!this.#gone) {
      const timer = setTimeout(() => this.#lose(connectionLost(this.peer)), GOODBYE_MS);
      this.#connection.client.end();
      await this.closed;
      clearTimeout(timer);
    }
    await this.#connection.afterwards();
  }

  /**
   * Commands that hang on the login node (a dead file system) would in the end hold every session. A new
   * connection has its own, so this one ends when half are held, at a moment that harms no `exec`.
   */
  #retireWhenWorn(): void {
    const held = this.#abandoned.size;
    if (this.#execs.size > 0 || held * 2 < this.#connection.channels) return;
    this.#lose(connectionLost(this.peer, new Error(`${held} commands hang on the login node`)));
  }

  #mustBeOpen(): void {
    if (this.#gone) throw this.#gone;
    if (this.#closing) throw connectionLost(this.peer, new Error('closed by us'));
  }

  #lose(why: ConnectionError): void {
    if (this.#gone) return;
    this.#gone = why;
    // Before ssh2 tidies up its channels: it closes them as if the commands had ended.
    for (const run of [...this.#runs]) run.lose(why.message);
    this.#slots.close(why);
    this.#connection.destroy();
    this.#settleClosed(this.#closing ? undefined : why);
    void this.#connection.afterwards();
  }
}

interface ChannelError extends Error {
  reason?: number | string;
}
