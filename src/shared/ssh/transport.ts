import type { Duplex, Readable } from 'node:stream';

/**
 * The way to a cluster, as the rest of the house sees it. `ssh2` stands behind it today; OpenSSH with a kept
 * ControlMaster (certificates, GSSAPI, one-time codes) can stand behind it tomorrow.
 */
export interface Transport {
  /** Who we talk to, for messages: `user@host:port`. */
  readonly peer: string;
  readonly counters: Readonly<TransportCounters>;

  /**
   * Runs one command to its end. Throws only when the command certainly did not run (no connection, no
   * channel); everything that happens after the request left us is a `CommandOutcome`.
   */
  exec(command: string, options: ExecOptions): Promise<CommandOutcome>;

  /** Starts a long-lived command whose stdin stays open, e.g. the observer's stream. Throws as `exec` does. */
  start(command: string, options: StartOptions): Promise<RunningCommand>;

  /** Opens a TCP connection from the login node to `host:port`; gives up after 20 s unless told otherwise. */
  forward(host: string, port: number, options?: ForwardOptions): Promise<Duplex>;

  /** Settles once, when the connection is gone: with the reason, or with undefined after `close()`. */
  readonly closed: Promise<Error | undefined>;

  /** Ends the connection; commands still running become `lost`. May be called twice. */
  close(): Promise<void>;
}

export type CommandOutcome =
  | { kind: 'exited'; code: number; stdout: Buffer; stderr: string }
  | { kind: 'signalled'; signal: string; stdout: Buffer; stderr: string }
  /** No exit was seen: the command may have run to its end, partly, or not at all. */
  | { kind: 'lost'; why: string; stdout: Buffer; stderr: string };

export interface StartOptions {
  /** From the request to the exit; then the channel is closed and the outcome is `lost`. */
  timeoutMs: number;
  /** More than this much stdout closes the channel and gives `lost`. Default 64 MiB. */
  maxStdout?: number;
  signal?: AbortSignal;
  /** Takes stdout chunk by chunk; it is then neither kept nor limited. */
  onStdout?: (chunk: Buffer) => void;
}

export interface ExecOptions extends StartOptions {
  /** Sent whole, then end of file; without it the command reads an empty stdin. */
  stdin?: Buffer | Readable;
}

export interface ForwardOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface RunningCommand {
  stdin: CommandInput;
  done: Promise<CommandOutcome>;
  /** Gives up: closes the channel, `done` becomes `lost`. The remote command sees an end of file, no signal. */
  close(): void;
}

export interface CommandInput {
  /** False: buffered, because the other side reads more slowly than we write, or the command is over. */
  write(chunk: string | Buffer): boolean;
  end(): void;
}

export interface TransportCounters {
  /** Logins made for this connection, jump hosts included. */
  handshakes: number;
  /** Commands sent. */
  commands: number;
  /** Sessions open now, given-up ones included until the server has closed them. */
  channels: number;
  /** Times the server had no session left for us. */
  refused: number;
  /** Commands whose end we did not see. */
  lost: number;
}

export const DEFAULT_MAX_STDOUT = 64 * 1024 * 1024;
export const KEPT_STDERR = 64 * 1024;
