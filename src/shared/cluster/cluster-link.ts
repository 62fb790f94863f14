import type { Duplex, Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import pLimit from 'p-limit';
import { AnswerError, ConnectionError, SbenchError } from '../errors.ts';
import { newNonce } from '../ids.ts';
import type { ClusterStore } from '../redis/cluster-store.ts';
import { installerText, toolPath } from '../slurm/remote/program.ts';
import type { CommandOutcome, RunningCommand, Transport } from '../ssh/transport.ts';
import { Answer, betweenMarkers } from './answer.ts';
import { throughBreaker } from './breaker.ts';

export interface Command {
  verb: string;
  args: (string | number)[];
  stdin?: Buffer | Readable;
  timeoutMs?: number;
  maxBytes?: number;
  /** Counts it: `command` for a session's own, `transfer` for files. */
  counted?: (what: 'commands' | 'transfers') => Promise<void>;
  transfer?: boolean;
}

/** The way to one cluster's remote tool: one connection a process, kept; made when first needed. */
export interface ClusterLink {
  readonly cluster: string;
  readonly installation: string;
  /** @throws ConnectionError (wait) when the cluster is out of reach or the answer was lost: it may have happened. */
  run(command: Command): Promise<Buffer>;
  ask(command: Command): Promise<Answer>;
  /** A long-lived verb. `onStdout` gets what it prints, markers and all. */
  start(
    verb: string,
    args: (string | number)[],
    timeoutMs: number,
    onStdout: (chunk: Buffer) => void,
  ): Promise<RunningCommand>;
  /** A TCP connection from the login node. @throws ConnectionError when there is none, SbenchError when it refuses. */
  forward(host: string, port: number, signal?: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
}

export interface LinkOptions {
  cluster: string;
  /** Under the login node's home folder, or absolute. */
  workdir: string;
  installation: string;
  redis: Redis;
  store: ClusterStore;
  connect: () => Promise<Transport>;
  /** The breaker has closed again: what waits may go on. */
  onReachable: () => Promise<void>;
  /** A person's own question: their wrong key must not keep the workers of everybody out. */
  besideBreaker?: boolean;
}

const SAFE = /^[A-Za-z0-9_./=-]+$/;
const ANSWER_MS = 90_000;
const CLOSE_MS = 1_000;

export function clusterLink(options: LinkOptions): ClusterLink {
  const { cluster, workdir, installation, redis, store } = options;
  let current: Promise<Transport> | undefined;
  // Two actions that need the connection at once must make one.
  const one = pLimit(1);

  async function transport(): Promise<Transport> {
    return one(async () => {
      if (!current) {
        const made = options.besideBreaker
          ? greet(options)
          : throughBreaker(redis, cluster, () => greet(options), options.onReachable);
        current = made;
        made.then(
          (connection) => connection.closed.then(() => forget(made)),
          () => forget(made),
        );
      }
      return current;
    });
  }
  function forget(made: Promise<Transport>): undefined {
    if (current === made) current = undefined;
  }

  async function run(command: Command): Promise<Buffer> {
    const connection = await transport();
    const nonce = newNonce();
    await store.countCommand(command.verb, command.args);
    await command.counted?.(command.transfer ? 'transfers' : 'commands');
    const outcome = await connection.exec(commandLine(workdir, nonce, command.verb, command.args), {
      stdin: command.stdin,
      timeoutMs: command.timeoutMs ?? ANSWER_MS,
      maxStdout: command.maxBytes,
    });
    if (isElsewhere(outcome, nonce, workdir)) {
      // The next connection finds out whose folder it is; the tool is put there again, or a person is asked.
      await connection.close();
      throw new ConnectionError(
        `${workdir} on ${cluster} is not there, or not ours: ${outcome.stderr.trim()}`,
        {
          code: 'LOST',
          remedy: 'wait',
          waitMs: 2_000,
        },
      );
    }
    return answered(outcome, nonce, command.verb);
  }

  return {
    cluster,
    installation,
    run,
    ask: async (command) => new Answer(await run(command)),
    async start(verb, args, timeoutMs, onStdout) {
      const connection = await transport();
      await store.countCommand(verb);
      return connection.start(commandLine(workdir, newNonce(), verb, args), { timeoutMs, onStdout });
    },
    async forward(host, port, signal) {
      const connection = await transport();
      return connection.forward(host, port, { signal });
    },
    async close() {
      const made = current;
      current = undefined;
      // A connect that is still under way holds nothing of ours: it is not waited for long.
      const connection = await Promise.race([made?.catch(() => undefined), pause(CLOSE_MS, undefined)]);
      await connection?.close();
    },
  };
}

/** @throws Error when an argument could mean something to some shell: a bug of ours, never a user's. */
export function commandLine(workdir: string, nonce: string, verb: string, args: (string | number)[]): string {
  const words = [toolPath(workdir), nonce, verb, ...args.map(String)];
  const odd = words.find((word) => !SAFE.test(word));
  if (odd !== undefined) throw new Error(`not an argument for the remote tool: ${JSON.stringify(odd)}`);
  return `sh ${words.join(' ')}`;
}

/** The tool is not there any more, or it found no identity beside it (71): nothing was asked, and nothing done. */
function isElsewhere(
  outcome: CommandOutcome,
  nonce: string,
  workdir: string,
): outcome is Extract<CommandOutcome, { kind: 'exited' }> {
  if (outcome.kind !== 'exited' || outcome.stdout.includes(`@sbench-begin ${nonce}`)) return false;
  const noTool = (outcome.code === 2 || outcome.code === 127) && outcome.stderr.includes(toolPath(workdir));
  return noTool || outcome.code === 71;
}

export function answered(outcome: CommandOutcome, nonce: string, verb: string): Buffer {
  if (outcome.kind === 'exited') {
    try {
      return betweenMarkers(outcome.stdout, nonce);
    } catch (error) {
      const words = outcome.stderr.trim().slice(0, 500);
      throw new AnswerError(`${verb} was not answered (exit code ${outcome.code}): ${words}`, error);
    }
  }
  const how = outcome.kind === 'signalled' ? `killed by ${outcome.signal}` : outcome.why;
  throw new ConnectionError(`the answer to ${verb} was lost: ${how}`, {
    code: 'LOST',
    remedy: 'wait',
    waitMs: 1_000,
  });
}

/** Connects, installs the tool when it is not there, and makes sure that this is the place we know. */
async function greet({ cluster, workdir, installation, store, connect }: LinkOptions): Promise<Transport> {
  const connection = await connect();
  try {
    await store.count('handshakes');
    const identity = await store.identity();
    const mode = identity.confirmed ? 'expect' : 'create';
    const nonce = newNonce();
    const line = commandLine(workdir, nonce, 'hello', [installation, identity.nonce, mode]);
    await store.count('commands');
    let outcome = await connection.exec(line, { timeoutMs: ANSWER_MS });
    if (outcome.kind === 'exited' && !outcome.stdout.includes(`@sbench-begin ${nonce}`)) {
      await install(connection, workdir, () => store.count('commands'));
      await store.count('commands');
      outcome = await connection.exec(line, { timeoutMs: ANSWER_MS });
    }
    const hello = new Answer(answered(outcome, nonce, 'hello'));
    if (hello.get('identity') !== identity.nonce) throw elsewhere(cluster, workdir, hello.get('host') ?? '');
    if (!identity.confirmed) await store.confirmIdentity();
    await store.note({ host: hello.get('host') ?? '', arch: hello.get('arch') ?? '' });
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

export async function install(
  connection: Transport,
  workdir: string,
  count: () => Promise<void> = async () => {},
): Promise<void> {
  await count();
  const stdin = Buffer.from(installerText(workdir, newNonce()));
  const outcome = await connection.exec('sh', { stdin, timeoutMs: ANSWER_MS });
  if (outcome.kind === 'exited' && outcome.stdout.includes('@sbench-installed')) return;
  const words = outcome.stderr.trim().slice(0, 500);
  throw new SbenchError(`the remote tool could not be installed under ${workdir}: ${words || outcome.kind}`, {
    code: 'INSTALL',
    remedy: outcome.kind === 'exited' ? 'person' : 'wait',
    hint: 'Is the disk full, or the folder not yours?',
  });
}

function elsewhere(cluster: string, workdir: string, host: string): SbenchError {
  return new SbenchError(
    `${workdir} on ${host} of ${cluster} is not the folder that this installation works in (its identity differs)`,
    {
      code: 'ELSEWHERE',
      remedy: 'person',
      hint: 'Was it deleted, or is this another file system, or a local disk of another login node? Two clusters with one file system need a `workdir` each.',
    },
  );
}
