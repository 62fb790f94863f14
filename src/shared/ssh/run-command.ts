import { Readable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { coerceError } from '../errors.ts';
import { type CommandOutcome, DEFAULT_MAX_STDOUT, type ExecOptions, KEPT_STDERR } from './transport.ts';

/** The part of a command's life that the connection drives. */
export interface CommandRun {
  done: Promise<CommandOutcome>;
  attach(channel: ClientChannel): void;
  /** First cause wins; afterwards the outcome is settled, whatever the channel still says. */
  lose(why: string): void;
  write(chunk: string | Buffer): boolean;
  end(): void;
}

/** `stdin: 'open'` leaves the input to `write` and `end`. */
export type RunOptions = Omit<ExecOptions, 'stdin'> & { stdin?: ExecOptions['stdin'] | 'open' };

/**
 * Follows one command from the request to its outcome. Only an exit status or signal followed by the
 * channel's own close counts as an end: a cut connection closes the channel too, and looks the same otherwise.
 */
export function runCommand(options: RunOptions): CommandRun {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const maxStdout = options.maxStdout ?? DEFAULT_MAX_STDOUT;
  let stdoutBytes = 0;
  let stderrBytes = 0;
  let channel: ClientChannel | undefined;
  let exit: { code: number } | { signal: string } | undefined;
  let settled = false;
  let resolve: (outcome: CommandOutcome) => void;
  const done = new Promise<CommandOutcome>((settle) => {
    resolve = settle;
  });

  const finish = (end: { kind: 'exited'; code: number } | { kind: 'signalled'; signal: string } | Lost) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
    if (options.stdin instanceof Readable) options.stdin.destroy();
    resolve({
      ...end,
      stdout: Buffer.concat(stdout, stdoutBytes),
      stderr: Buffer.concat(stderr).toString('utf8'),
    });
  };
  const lose = (why: string) => {
    finish({ kind: 'lost', why });
    channel?.close();
  };
  const onAbort = () => lose(`given up: ${String(options.signal?.reason)}`);
  const timer = setTimeout(() => lose(`no end within ${options.timeoutMs} ms`), options.timeoutMs);
  options.signal?.addEventListener('abort', onAbort, { once: true });

  const handOver = (chunk: Buffer, take: (chunk: Buffer) => void) => {
    // Called from a socket's event: an exception here would end the process.
    try {
      take(chunk);
    } catch (error) {
      lose(`its output could not be taken: ${coerceError(error).message}`);
    }
  };
  const onStdout = (chunk: Buffer) => {
    if (settled) return;
    if (options.onStdout) return handOver(chunk, options.onStdout);
    if (stdoutBytes + chunk.length > maxStdout) return lose(`more than ${maxStdout} bytes of output`);
    stdoutBytes += chunk.length;
    stdout.push(chunk);
  };
  const onStderr = (chunk: Buffer) => {
    // Read to the end even when no longer kept: an unread stderr blocks the remote command.
    if (settled || stderrBytes >= KEPT_STDERR) return;
    const kept = chunk.subarray(0, KEPT_STDERR - stderrBytes);
    stderrBytes += kept.length;
    stderr.push(kept);
  };

  const attach = (opened: ClientChannel) => {
    channel = opened;
    let closed = false;
    let stderrEnded = false;
    const conclude = () => {
      if (!closed || !stderrEnded) return;
      if (exit === undefined) finish({ kind: 'lost', why: 'the channel closed without an exit status' });
      else if ('code' in exit) finish({ kind: 'exited', code: exit.code });
      else finish({ kind: 'signalled', signal: exit.signal });
    };
    opened.on('data', onStdout);
    opened.stderr.on('data', onStderr);
    opened.on('exit', (code: number | null, signal?: string) => {
      exit = code === null ? { signal: signal ?? 'unknown' } : { code };
    });
    opened.stderr.on('end', () => {
      stderrEnded = true;
      conclude();
    });
    opened.on('close', () => {
      closed = true;
      conclude();
    });
    // Late writes after the remote end; the close that follows tells the outcome.
    opened.on('error', () => {});
    opened.stderr.on('error', () => {});
    if (settled) return opened.close();
    sendStdin(opened, options.stdin, lose);
  };

  return {
    done,
    attach,
    lose,
    write: (chunk) => !settled && channel !== undefined && channel.writable && channel.write(chunk),
    end: () => void (!settled && channel?.end()),
  };
}

type Lost = { kind: 'lost'; why: string };

function sendStdin(channel: ClientChannel, stdin: RunOptions['stdin'], lose: (why: string) => void): void {
  if (stdin === 'open') return;
  if (!(stdin instanceof Readable)) {
    channel.end(stdin);
    return;
  }
  // The remote side cannot tell a broken source from a finished one: never end the channel as if it were whole.
  stdin.on('error', (error) => lose(`stdin broke: ${error.message}`));
  stdin.on('close', () => {
    if (!stdin.readableEnded) lose('stdin ended early');
  });
  stdin.pipe(channel);
}
