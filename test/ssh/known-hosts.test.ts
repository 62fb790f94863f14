import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fingerprint, type HostName, parseKnownHosts, pinnedKeys } from '../../src/shared/ssh/known-hosts.ts';

const key = (type: string, seed: string) => {
  const part = (text: string) => {
    const body = Buffer.from(text);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  };
  return Buffer.concat([part(type), part(seed)]).toString('base64');
};
const ED = `ssh-ed25519 ${key('ssh-ed25519', 'one')}`;
const ED2 = `ssh-ed25519 ${key('ssh-ed25519', 'two')}`;
const RSA = `ssh-rsa ${key('ssh-rsa', 'three')}`;

const accepted = (text: string, host: Partial<HostName> & { hostname: string }) =>
  pinnedKeys(parseKnownHosts(text), { port: 22, ...host }).accepted.map(
    (entry) => `${entry.keyType} ${entry.key.toString('base64')}`,
  );

test('a plain name belongs to port 22, a bracketed one to its port', () => {
  const text = `login.example.org ${ED}\n[login.example.org]:8822 ${ED2}\n`;
  expect(accepted(text, { hostname: 'login.example.org' })).toEqual([ED]);
  expect(accepted(text, { hostname: 'login.example.org', port: 8822 })).toEqual([ED2]);
  expect(accepted(text, { hostname: 'LOGIN.example.org' })).toEqual([ED]);
  expect(accepted(text, { hostname: 'other.example.org' })).toEqual([]);
});

test('a host unknown under its port may be known by its bare name, as in OpenSSH', () => {
  expect(accepted(`login ${ED}`, { hostname: 'login', port: 2222 })).toEqual([ED]);
});

test('comma lists, wildcards and negation', () => {
  const text = `login1,login2,10.0.0.? ${ED}\n*.example.org,!secret.example.org ${RSA}`;
  expect(accepted(text, { hostname: 'login2' })).toEqual([ED]);
  expect(accepted(text, { hostname: '10.0.0.7' })).toEqual([ED]);
  expect(accepted(text, { hostname: '10x0.0.7' })).toEqual([]);
  expect(accepted(text, { hostname: 'a.example.org' })).toEqual([RSA]);
  expect(accepted(text, { hostname: 'secret.example.org' })).toEqual([]);
});

test('several key types of one host are all accepted', () => {
  expect(accepted(`login ${RSA}\nlogin ${ED} a comment here`, { hostname: 'login' })).toEqual([RSA, ED]);
});

test('an alias replaces hostname and port', () => {
  const text = `cluster ${ED}\n[login1]:22 ${RSA}`;
  expect(accepted(text, { hostname: 'login1', port: 2022, alias: 'cluster' })).toEqual([ED]);
});

test('revoked keys are kept apart, and a certificate authority pins nothing', () => {
  const text = `login ${ED}\n@revoked * ${ED2}\n@cert-authority * ${RSA}\n`;
  const pinned = pinnedKeys(parseKnownHosts(text), { hostname: 'login', port: 22 });
  expect(pinned.accepted.map((entry) => entry.where)).toEqual(['known_hosts:1']);
  expect(pinned.revoked.map((entry) => entry.where)).toEqual(['known_hosts:2']);
});

test('hashed names, as ssh-keygen -H writes them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sbench-known-'));
  try {
    const file = join(folder, 'known_hosts');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'host')]);
    const real = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(file, `login ${real}\n[login]:2222 ${ED}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('|1|');
    expect(accepted(text, { hostname: 'login' })).toEqual([real]);
    const printed = execFileSync('ssh-keygen', ['-l', '-f', join(folder, 'host.pub')], { encoding: 'utf8' });
    expect(printed).toContain(fingerprint(Buffer.from(real.split(' ')[1] ?? '', 'base64')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('comments, short lines and keys that are not what they say are left out', () => {
  const text = `# login ${ED}\n\nlogin\nlogin ssh-ed25519\nlogin ssh-rsa ${ED.split(' ')[1]}\nlogin ssh-ed25519 !!!\n`;
  expect(accepted(text, { hostname: 'login' })).toEqual([]);
});

test('no text makes the reader throw, or knows a host that it does not name', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const entries = parseKnownHosts(`${text}\nlogin ${ED}`);
      expect(pinnedKeys(entries, { hostname: 'login', port: 22 }).accepted.length).toBeGreaterThan(0);
      expect(pinnedKeys(parseKnownHosts(text), { hostname: 'login', port: 22 }).accepted).toEqual([]);
    }),
  );
});
