import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connect } from '../../src/shared/ssh/connect.ts';
import { fingerprint } from '../../src/shared/ssh/known-hosts.ts';
import type { SshTarget } from '../../src/shared/ssh/ssh-target.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';

// Shared machines are slow now and then; every wait below ends by a condition.
vi.setConfig({ testTimeout: 60_000 });

let sshd: TestSshd;
let serial = 0;
const file = (name: string) => join(sshd.folder, name);
const timeoutMs = 20_000;
/** No password of the person who runs the tests may leak in. */
const env = {};

beforeAll(async () => {
  sshd = await startSshd();
}, 60_000);
afterAll(() => sshd.stop());

function known(...lines: string[]): Pick<SshTarget, 'knownHosts' | 'hostKeyAlias'> {
  const path = file(`known-${++serial}`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return { knownHosts: [path], hostKeyAlias: undefined };
}

async function works(changes: Partial<SshTarget>): Promise<void> {
  const transport = await connect(sshd.target(changes), { env });
  expect(await transport.exec('true', { timeoutMs })).toMatchObject({ kind: 'exited', code: 0 });
  await transport.close();
}

const refused = (changes: Partial<SshTarget>) => expect(connect(sshd.target(changes), { env })).rejects;
const name = () => `[127.0.0.1]:${sshd.port}`;
const shown = () => fingerprint(Buffer.from(sshd.hostKeys.ed25519.split(' ')[1] ?? '', 'base64'));

test('a pinned key is taken, from any of several files', async () => {
  const entry = known(`${name()} ${sshd.hostKeys.ed25519}`);
  await works({ ...entry, knownHosts: [file('missing'), ...entry.knownHosts] });
});

test('the server is asked for the key type that is pinned', async () => {
  await works(known(`${name()} ${sshd.hostKeys.rsa}`));
  await works(known(`${name()} ${sshd.hostKeys.ed25519}`));
});

test('an unknown host key needs a person, who gets the fingerprint and the line to add', async () => {
  await refused(known('elsewhere ssh-ed25519 AAAA')).toMatchObject({
    name: 'AuthenticationError',
    code: 'SSH_HOST_KEY_UNKNOWN',
    remedy: 'person',
    message: expect.stringContaining(shown()),
    hint: expect.stringContaining(`${name()} ${sshd.hostKeys.ed25519}`),
  });
});

test('a changed host key needs a person, even when the pinned one has another type', async () => {
  const other = execFileSync('cat', [file('other.pub')], { encoding: 'utf8' }).trim();
  await refused(known(`${name()} ${other}`)).toMatchObject({
    code: 'SSH_HOST_KEY_CHANGED',
    remedy: 'person',
    message: expect.stringContaining(shown()),
    hint: expect.stringContaining(`ssh-keygen -R '${name()}'`),
  });
  execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', file('ecdsa')]);
  const ecdsa = execFileSync('cat', [file('ecdsa.pub')], { encoding: 'utf8' }).trim();
  await refused(known(`${name()} ${ecdsa}`)).toMatchObject({ code: 'SSH_HOST_KEY_CHANGED' });
});

test('a revoked host key is refused although it is pinned, too', async () => {
  const key = sshd.hostKeys.ed25519;
  await refused(known(`${name()} ${key}`, `@revoked * ${key}`)).toMatchObject({
    code: 'SSH_HOST_KEY_REVOKED',
  });
});

test('known hosts that cannot be read need a person', async () => {
  await refused({ knownHosts: [sshd.folder] }).toMatchObject({ code: 'SSH_KNOWN_HOSTS', remedy: 'person' });
});

test('a key that the server does not know needs a person', async () => {
  await refused({ keyFilenames: [file('other')] }).toMatchObject({
    name: 'AuthenticationError',
    code: 'SSH_LOGIN_REFUSED',
    remedy: 'person',
    message: expect.stringContaining('The server takes: publickey'),
  });
});

test('without anything to log in with, no connection is made', async () => {
  await refused({ keyFilenames: [], port: 1 }).toMatchObject({
    code: 'SSH_NO_CREDENTIALS',
    remedy: 'person',
  });
  await refused({ keyFilenames: [file('missing')], port: 1 }).toMatchObject({
    message: expect.stringContaining(`${file('missing')} cannot be read`),
  });
});

test('a file that is no key says so', async () => {
  await refused({ keyFilenames: [file('authorized_keys')] }).toMatchObject({
    message: expect.stringContaining('cannot be used'),
  });
});

test('an encrypted key needs an agent or a passphrase from the environment', async () => {
  execFileSync('cp', [file('user'), file('locked')]);
  execFileSync('ssh-keygen', ['-q', '-p', '-N', 'secret', '-f', file('locked')], { stdio: 'ignore' });
  const target = sshd.target({ keyFilenames: [file('locked')] });
  await expect(connect(target, { env })).rejects.toMatchObject({
    name: 'AuthenticationError',
    code: 'SSH_KEY_ENCRYPTED',
    message: expect.stringContaining(`${file('locked')} is encrypted`),
  });
  const wrong = connect(target, { env: { SBENCH_SSH_PASSPHRASE: 'guess' } });
  await expect(wrong).rejects.toMatchObject({ message: expect.stringContaining('does not open') });
  const opened = await connect(target, { env: { SBENCH_SSH_PASSPHRASE: 'secret' } });
  await opened.close();
});

test('an agent logs in; IdentitiesOnly keeps its other keys from using up the tries', async () => {
  const agent = file('agent.sock');
  const child: ChildProcess = spawn('ssh-agent', ['-D', '-a', agent], { stdio: 'ignore' });
  try {
    await expect.poll(() => existsSync(agent), { timeout: timeoutMs }).toBe(true);
    const add = (key: string) =>
      execFileSync('ssh-add', ['-q', key], { env: { SSH_AUTH_SOCK: agent }, stdio: 'ignore' });
    for (let count = 1; count <= 6; count++) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(`noise${count}`)]);
      add(file(`noise${count}`));
    }
    add(file('user'));
    await refused({ keyFilenames: [], agent }).toMatchObject({
      code: 'SSH_LOGIN_REFUSED',
      message: expect.stringContaining('Too many authentication failures'),
    });
    // The file itself is locked; its public half points out the agent's key.
    execFileSync('cp', [file('user'), file('locked2')]);
    execFileSync('cp', [file('user.pub'), file('locked2.pub')]);
    execFileSync('ssh-keygen', ['-q', '-p', '-N', 'secret', '-f', file('locked2')], { stdio: 'ignore' });
    await works({ keyFilenames: [file('locked2')], identitiesOnly: true, agent });
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});

test('an agent that is gone is one method less, and is mentioned when that was the last', async () => {
  await works({ agent: file('nobody.sock') });
  await refused({ keyFilenames: [], agent: file('nobody.sock') }).toMatchObject({
    code: 'SSH_LOGIN_REFUSED',
    message: expect.stringContaining('The agent cannot be used'),
  });
});

test('a jump host carries the connection and is closed with it', async () => {
  const transport = await connect(sshd.target({ proxyJump: sshd.target() }), { env });
  expect(transport.counters.handshakes).toBe(2);
  const outcome = await transport.exec('head -c 3000000 /dev/zero', { timeoutMs });
  expect(outcome.stdout.length).toBe(3_000_000);
  const before = sshd.log().split('Disconnected from user').length;
  await transport.close();
  await expect.poll(() => sshd.log().split('Disconnected from user').length).toBeGreaterThan(before + 1);
});

test('what goes wrong at or behind a jump host says where', async () => {
  const jump = sshd.target({ keyFilenames: [file('other')] });
  await refused({ proxyJump: jump, port: 1 }).toMatchObject({ code: 'SSH_LOGIN_REFUSED' });
  await refused({ proxyJump: sshd.target(), port: 1 }).toMatchObject({
    code: 'SSH_FORWARD',
    message: expect.stringContaining('127.0.0.1:1'),
  });
});

test('a host name that does not exist is a wait with a hint', async () => {
  await refused({ hostname: 'no-such-host.invalid' }).toMatchObject({
    name: 'ConnectionError',
    remedy: 'wait',
    hint: expect.stringContaining('host name'),
  });
});

test('MaxStartups is a wait', async () => {
  const busy = await startSshd(['MaxStartups 1:100:1', 'LoginGraceTime 60']);
  let held: Socket | undefined;
  try {
    // The one place is ours once sshd greets us; until then somebody else's connection may still be counted.
    for (let greeting = ''; !greeting.startsWith('SSH-'); ) {
      held?.destroy();
      held = connectTcp({ host: '127.0.0.1', port: busy.port });
      greeting = String((await once(held, 'data'))[0]);
    }
    await expect(connect(busy.target(), { env })).rejects.toMatchObject({
      name: 'ConnectionError',
      code: 'SSH_BUSY',
      remedy: 'wait',
      waitMs: expect.any(Number),
    });
  } finally {
    held?.destroy();
    await busy.stop();
  }
});
