import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { type Workplace, workplace } from './run.ts';

// Of the ten mistakes that everybody makes, those that need no Slurm: word for word what a person reads. The others
// are in test/cluster/ten-mistakes.test.ts.
let sshd: TestSshd;
let place: Workplace;
beforeAll(async () => {
  sshd = await startSshd();
  place = workplace(`redis: redis://127.0.0.1:1
clusters:
  site:
    hostname: 127.0.0.1
    port: ${sshd.port}
    username: ${userInfo().username}
    key_filename: ${join(sshd.folder, 'user')}
`);
});
afterAll(async () => {
  await sshd.stop();
  place.remove();
});

/** Its words, with what differs from run to run under its name. */
function said(text: string): string {
  return text
    .replaceAll(sshd.folder, 'KEYS')
    .replaceAll(place.folder, 'HERE')
    .replaceAll(`:${sshd.port}`, ':PORT')
    .replaceAll(`${userInfo().username}@`, 'USER@')
    .replace(/SHA256:[A-Za-z0-9+/]+/g, 'SHA256:FINGERPRINT')
    .replace(/ +$/gm, '');
}

test('a key with a typo', async () => {
  place.write(
    'r.yaml',
    `version: 1
name: tiny
cluster: site
service:
  type: ollama
  model: tiny
  resources: {time: 30m}
  # How many at once.
  enviroment: {OLLAMA_NUM_PARALLEL: 8}
`,
  );
  const { code, out, err } = await place.sbench(['validate', 'r.yaml']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(said(err)).toMatchInlineSnapshot(`
    "r.yaml:9:3 unknown key 'enviroment' in service. Did you mean 'environment'?
          enviroment: {OLLAMA_NUM_PARALLEL: 8}
          ^
    "
  `);
});

test('a host key that is not known', async () => {
  const { code, out, err } = await place.sbench(['cluster', 'check', 'site']);
  expect(code).toBe(3);
  expect(said(out + err)).toMatchInlineSnapshot(`
    "fail  host key    The host key of [127.0.0.1]:PORT is not known: the server shows the ssh-ed25519 key SHA256:FINGERPRINT.
                      Compare the fingerprint with the one that your site publishes; if it is the same: sbench cluster trust site
    "
  `);
  // The cure asks with the same fingerprint, and works.
  const cured = await place.sbench(['cluster', 'trust', 'site'], { ask: async () => 'yes' });
  expect(cured.code).toBe(0);
});

test('a key with a passphrase and no agent', async () => {
  const locked = join(sshd.folder, 'locked');
  copyFileSync(join(sshd.folder, 'user'), locked);
  execFileSync('ssh-keygen', ['-q', '-p', '-N', 'secret', '-f', locked], { stdio: 'ignore' });
  const env = { SBENCH_CLUSTERS__SITE__KEY_FILENAME: locked };
  const { code, out, err } = await place.sbench(['cluster', 'check', 'site'], { env });
  expect(code).toBe(3);
  expect(said(out + err)).toMatchInlineSnapshot(`
    "fail  ssh         There is no key and no password to log in with as USER@127.0.0.1. Key file KEYS/locked is encrypted (load it into an agent: ssh-add KEYS/locked).
                      Start an agent and load the key, or give its passphrase in SBENCH_SSH_PASSPHRASE.
    "
  `);
});

test('no Redis', async () => {
  const { code, out, err } = await place.sbench(['submit', 'recipe.yaml']);
  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(said(err)).toMatchInlineSnapshot(`
    "error: no Redis answers at redis://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1
    Start one with all that is needed: sbench up. Or say where it is: \`redis:\` in the configuration, or SBENCH_REDIS.
    "
  `);
});
