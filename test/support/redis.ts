import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** A real Redis of the test's own: on a Unix socket, every write on disk before it is answered. */
export interface TestRedis {
  url: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** Ends it in order, if it still runs, and starts it again on the same data. */
  restart(): Promise<void>;
  /** Ends it like a power cut. `restart` brings it back. */
  kill9(): Promise<void>;
  /** It takes connections and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

const REDIS_SERVER = '/usr/bin/redis-server';

export async function startRedis(): Promise<TestRedis> {
  if (!existsSync(REDIS_SERVER)) throw new Error(`${REDIS_SERVER} is missing: install redis-server`);
  // Not the system's temp folder, which may be long: a socket's path has at most 107 bytes.
  const folder = mkdtempSync('/tmp/sb-redis-');
  const socket = join(folder, 's');
  const settings = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir: folder,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);

  let child: ChildProcess | undefined;
  // A test run that ends early must not leave it behind.
  const onExit = () => void child?.kill('SIGKILL');
  process.once('exit', onExit);

  async function start(): Promise<void> {
    let log = '';
    const started = spawn(REDIS_SERVER, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    started.stdout.on('data', (chunk) => {
      log += chunk;
    });
    child = started;
    while (!(await answers(socket))) {
      if (started.exitCode !== null) throw new Error(`redis-server ended with ${started.exitCode}:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, 'exit');
    ending.kill(signal);
    await exited;
  }

  await start();
  return {
    url: `unix://${socket}`,
    async stop() {
      await end('SIGKILL');
      process.removeListener('exit', onExit);
      rmSync(folder, { recursive: true, force: true });
    },
    async restart() {
      await end('SIGTERM');
      await start();
    },
    kill9: () => end('SIGKILL'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}

/** It may accept connections while it still loads its data, and refuses commands until then. */
async function answers(path: string): Promise<boolean> {
  const socket = connect({ path });
  socket.on('error', () => {});
  socket.write('PING\r\n');
  const answer = await Promise.race([
    once(socket, 'data').then(([data]) => String(data)),
    once(socket, 'close').then(() => ''),
  ]).catch(() => '');
  socket.destroy();
  return answer.startsWith('+PONG');
}
