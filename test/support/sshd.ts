import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SshTarget } from '../../src/shared/ssh/ssh-target.ts';

/** A real sshd of our own on a loopback port, with throw-away keys. It runs commands as the user who tests. */
export interface TestSshd {
  port: number;
  /** A folder for the test's files, removed with the sshd. */
  folder: string;
  hostKeys: Record<'ed25519' | 'rsa', string>;
  target(changes?: Partial<SshTarget>): SshTarget;
  /** What sshd logged until now. */
  log(): string;
  stop(): Promise<void>;
}

const SSHD = '/usr/sbin/sshd';

export async function startSshd(settings: string[] = []): Promise<TestSshd> {
  if (!existsSync(SSHD)) throw new Error(`${SSHD} is missing: install openssh-server to run these tests`);
  const folder = mkdtempSync(join(tmpdir(), 'sbench-sshd-'));
  for (const [name, type] of Object.entries({
    host_ed25519: 'ed25519',
    host_rsa: 'rsa',
    user: 'ed25519',
    other: 'ed25519',
  })) {
    const bits = type === 'rsa' ? ['-b', '2048'] : [];
    execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', name, '-f', join(folder, name)]);
  }
  copyFileSync(join(folder, 'user.pub'), join(folder, 'authorized_keys'));
  // sshd insists on this folder when root starts it; packages leave its making to the init system.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });

  const port = await freePort();
  // Of a setting given twice, sshd takes the first.
  const config = [
    ...settings,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host_ed25519')}`,
    `HostKey ${join(folder, 'host_rsa')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'LogLevel VERBOSE',
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  const child = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  await answering(port, child, () => log);

  const hostKey = (type: string) =>
    readFileSync(join(folder, `host_${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  const hostKeys = { ed25519: hostKey('ed25519'), rsa: hostKey('rsa') };
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${hostKeys.ed25519}\n`);
  return {
    port,
    folder,
    hostKeys,
    target: (changes = {}) => ({
      hostname: '127.0.0.1',
      port,
      username: userInfo().username,
      keyFilenames: [join(folder, 'user')],
      identitiesOnly: false,
      knownHosts: [knownHosts],
      // The key is the sshd's, whichever proxy stands before it.
      hostKeyAlias: `[127.0.0.1]:${port}`,
      connectTimeoutS: 20,
      ...changes,
    }),
    log: () => log,
    stop: async () => {
      // Its folder first: what tests left running waits for that. Then the sessions, which nobody would reap later.
      rmSync(folder, { recursive: true, force: true });
      await sessionsEnd(child.pid);
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (!address || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answering(port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`sshd ended with ${child.exitCode}:\n${log()}`);
    const socket = connect({ host: '127.0.0.1', port });
    const greeted = await Promise.race([
      once(socket, 'data').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (greeted) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function sessionsEnd(pid: number | undefined): Promise<void> {
  const children = `/proc/${pid}/task/${pid}/children`;
  for (const deadline = Date.now() + 5_000; Date.now() < deadline; ) {
    if (!existsSync(children) || readFileSync(children, 'utf8').trim() === '') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
