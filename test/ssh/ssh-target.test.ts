import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readJumpSecrets, readSecrets } from '../../src/shared/ssh/read-secrets.ts';
import { readSshConfig } from '../../src/shared/ssh/read-ssh-config.ts';
import { resolveTarget, type SshSettings } from '../../src/shared/ssh/ssh-target.ts';

const resolveWith = (settings: SshSettings, sshConfigText = '', env: NodeJS.ProcessEnv = {}) =>
  resolveTarget(settings, {
    home: '/home/ada',
    sshConfigText,
    currentUser: 'ada',
    env,
    fileExists: (path) => path.endsWith('id_rsa'),
  });

test('without any configuration it assumes what OpenSSH assumes', () => {
  expect(resolveWith({ hostname: 'login' }, '', { SSH_AUTH_SOCK: '/tmp/agent' })).toEqual({
    hostname: 'login',
    port: 22,
    username: 'ada',
    keyFilenames: ['/home/ada/.ssh/id_rsa'],
    identitiesOnly: false,
    knownHosts: [
      '/home/ada/.ssh/known_hosts',
      '/home/ada/.ssh/known_hosts2',
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ],
    agent: '/tmp/agent',
    connectTimeoutS: 20,
  });
});

const CONFIG = `
Host mel
  HostName login.lxp.lu
  Port 8822
  User u100
  IdentityFile ~/.ssh/%r_key
  IdentitiesOnly yes
  UserKnownHostsFile ~/.ssh/known_mel
  HostKeyAlias meluxina
  IdentityAgent none
Host *
  User somebody
  IdentityFile ~/.ssh/id_other
`;

test('the ssh configuration fills the gaps, first match first', () => {
  const target = resolveWith({ hostname: 'mel' }, CONFIG, { SSH_AUTH_SOCK: '/tmp/agent' });
  expect(target).toMatchObject({
    hostname: 'login.lxp.lu',
    port: 8822,
    username: 'u100',
    keyFilenames: ['/home/ada/.ssh/u100_key', '/home/ada/.ssh/id_other'],
    identitiesOnly: true,
    hostKeyAlias: 'meluxina',
  });
  expect(target.knownHosts[0]).toBe('/home/ada/.ssh/known_mel');
  expect(target.agent).toBeUndefined();
});

test('settings win over the ssh configuration', () => {
  const settings = {
    hostname: 'mel',
    port: 22,
    username: 'me',
    keyFilename: '~/k',
    knownHosts: ['~/kh'],
    agent: '/a',
  };
  expect(resolveWith(settings, CONFIG)).toMatchObject({
    hostname: 'login.lxp.lu',
    port: 22,
    username: 'me',
    keyFilenames: ['/home/ada/k'],
    knownHosts: ['/home/ada/kh'],
    agent: '/a',
  });
});

test('jump hosts are resolved each for itself, in the order of travel', () => {
  const config = 'Host j2\n  HostName second\n  User two\nHost far\n  ProxyJump one@j1:2201,j2';
  const target = resolveWith({ hostname: 'far', connectTimeoutS: 5 }, config);
  expect(target.proxyJump).toMatchObject({
    hostname: 'second',
    username: 'two',
    port: 22,
    connectTimeoutS: 5,
  });
  expect(target.proxyJump?.proxyJump).toMatchObject({ hostname: 'j1', username: 'one', port: 2201 });
  expect(target.proxyJump?.proxyJump?.proxyJump).toBeUndefined();
});

test('a jump host that matches its own ProxyJump rule is reached directly', () => {
  const target = resolveWith({ hostname: 'far' }, 'Host *\n  ProxyJump gate');
  expect(target.proxyJump?.hostname).toBe('gate');
  expect(target.proxyJump?.proxyJump).toBeUndefined();
  expect(
    resolveWith({ hostname: 'far', proxyJump: 'none' }, 'Host *\n  ProxyJump gate').proxyJump,
  ).toBeUndefined();
});

test('the old ProxyCommand spelling is a jump; any other program is refused, not ignored', () => {
  expect(
    resolveWith({ hostname: 'a' }, 'Host a\n ProxyCommand ssh -q -W %h:%p gate').proxyJump?.hostname,
  ).toBe('gate');
  expect(resolveWith({ hostname: 'a' }, 'Host a\n ProxyCommand ssh gate -W %h:%p').proxyJump?.hostname).toBe(
    'gate',
  );
  expect(() => resolveWith({ hostname: 'a' }, 'Host a\n ProxyCommand nc %h %p')).toThrow(/ProxyCommand/);
  expect(() => resolveWith({ hostname: 'a', proxyJump: 'one:two:three' })).toThrow(/no jump host/);
});

test('reading a configuration runs no command', () => {
  const marker = join(tmpdir(), `sbench-never-${process.pid}`);
  const target = resolveWith({ hostname: 'a' }, `Match exec "touch ${marker}"\n  Port 99\n`);
  expect(target.port).toBe(22);
});

test('includes are put in where they stand', () => {
  const home = mkdtempSync(join(tmpdir(), 'sbench-home-'));
  try {
    mkdirSync(join(home, '.ssh', 'config.d'), { recursive: true });
    writeFileSync(
      join(home, '.ssh', 'config'),
      'Include config.d/*.conf missing\nPort 2200\nHost b\n  User bee\n',
    );
    writeFileSync(join(home, '.ssh', 'config.d', '10.conf'), 'Host a\n  User ay\n');
    writeFileSync(join(home, '.ssh', 'config.d', 'skipped.txt'), 'User nobody\n');
    const context = { home, sshConfigText: readSshConfig(home), currentUser: 'ada', env: {} };
    expect(resolveTarget({ hostname: 'a' }, context)).toMatchObject({ username: 'ay', port: 2200 });
    expect(resolveTarget({ hostname: 'b' }, context)).toMatchObject({ username: 'bee', port: 2200 });
    expect(resolveTarget({ hostname: 'c' }, context)).toMatchObject({ username: 'ada', port: 2200 });
    expect(readSshConfig(join(home, 'nowhere'))).toBe('');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test("secrets come from the environment, the cluster's own first, and never go to a jump host", () => {
  const env = {
    SBENCH_SSH_PASSWORD: 'all',
    SBENCH_SSH_PASSWORD_MY_CLUSTER: 'mine',
    SBENCH_SSH_PASSPHRASE: 'open',
  };
  expect(readSecrets(env, 'my-cluster')).toEqual({ password: 'mine', passphrase: 'open' });
  expect(readSecrets(env, 'other')).toEqual({ password: 'all', passphrase: 'open' });
  expect(readJumpSecrets(env, 'my-cluster')).toEqual({ password: undefined, passphrase: 'open' });
});
