import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, openSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { coerceError, RedisError, UsageError } from '../errors.ts';
import { sha256 } from '../slurm/remote/place.ts';
import { redisOptions } from './connect.ts';
import type { privateRedis } from './private-redis.ts';

const PROGRAMS = ['redis-server', 'valkey-server'];
const START_MS = 30_000;
/** A socket's path is kept in 108 bytes, the last of them 0. */
const LONGEST_SOCKET = 107;

export interface RunningRedis {
  url: string;
  /** Settles when it ends before it was asked to. */
  died: Promise<string>;
  /** All is on disk: ends it. */
  stop(): Promise<void>;
}

/**
 * A Redis of this person's own: on a socket that only they can open, every write on disk before it is answered, and
 * nothing ever evicted.
 * @throws UsageError when one is run by somebody already, RedisError when there is no program for it.
 */
export async function startPrivateRedis(
  own: ReturnType<typeof privateRedis>,
  path: string | undefined,
): Promise<RunningRedis> {
  if (Buffer.byteLength(own.socket) > LONGEST_SOCKET) {
    throw new UsageError(
      `the path of Redis' socket is too long: ${own.socket}`,
      'Set XDG_STATE_HOME to a shorter folder.',
    );
  }
  const program = findProgram(path);
  mkdirSync(own.folder, { recursive: true, mode: 0o700 });
  const lock = await takeLock(own.folder);
  try {
    // One that a killed `sbench up` left behind is as good as a new one.
    const left = await answers(own.url);
    const { died } = left ? { died: new Promise<string>(() => {}) } : await launch(program, own);
    return {
      url: own.url,
      died,
      async stop() {
        await shutDown(own.url);
        lock?.close();
      },
    };
  } catch (error) {
    lock?.close();
    throw error;
  }
}

function findProgram(path = ''): string {
  for (const program of PROGRAMS) {
    for (const folder of path.split(delimiter).filter(Boolean)) {
      const file = join(folder, program);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here.
      }
    }
  }
  throw new RedisError(
    `no Redis is configured, and neither ${PROGRAMS.join(' nor ')} is on the PATH`,
    'Install one (apt-get install redis-server), or say where one is: `redis:` in the configuration, or SBENCH_REDIS.',
  );
}

/** The kernel gives it back when we die, however we die. Elsewhere than on Linux there is no such name: no lock. */
async function takeLock(folder: string): Promise<Server | undefined> {
  if (process.platform !== 'linux') return undefined;
  const server = createServer((socket) => socket.destroy());
  server.listen(`\0sbench-up-${process.getuid?.() ?? 0}-${sha256(folder).slice(0, 16)}`);
  try {
    await once(server, 'listening');
  } catch {
    throw new UsageError(
      `sbench up runs already, with its Redis in ${folder}`,
      'Stop it with Ctrl-C there first; `sbench submit` and the others find it by themselves.',
    );
  }
  server.unref();
  return server;
}

async function launch(
  program: string,
  own: ReturnType<typeof privateRedis>,
): Promise<{ died: Promise<string> }> {
  const settings = {
    port: '0',
    unixsocket: own.socket,
    unixsocketperm: '700',
    dir: own.folder,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const log = openSync(own.log, 'a', 0o600);
  // In a group of its own: Ctrl-C is for us, and it has to outlive our drain.
  const child = spawn(program, words, { stdio: ['ignore', log, log], detached: true });
  const died = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  let end: string | undefined;
  void died.then((how) => {
    end = how;
  });
  for (const deadline = performance.now() + START_MS; !(await answers(own.url)); ) {
    if (end !== undefined) throw new RedisError(`${program} ended at once (${end})`, `Look at ${own.log}`);
    if (performance.now() > deadline)
      throw new RedisError(`${program} does not answer`, `Look at ${own.log}`);
    await pause(50);
  }
  return { died };
}

/** It refuses commands while it loads its data. */
async function answers(url: string): Promise<boolean> {
  return withConnection(url, async (redis) => (await redis.ping()) === 'PONG').catch(() => false);
}

async function shutDown(url: string): Promise<void> {
  // It closes the connection instead of answering.
  await withConnection(url, (redis) => redis.shutdown('NOSAVE')).catch((error) => coerceError(error));
  while (await answers(url)) await pause(50);
}

async function withConnection<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ ...redisOptions(url, 'ask'), lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
