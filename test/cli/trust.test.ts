import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { type Workplace, workplace } from './run.ts';

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
    workdir: ${sshd.folder}/work
`);
});
afterAll(async () => {
  await sshd.stop();
  place.remove();
});

const known = () => join(place.folder, '.ssh/known_hosts');
const fingerprint = () =>
  execFileSync('ssh-keygen', ['-lf', join(sshd.folder, 'host_ed25519.pub')], { encoding: 'utf8' }).split(
    ' ',
  )[1] ?? '';

test('an unknown host key: nobody to ask is exit code 2, no is nothing written, yes pins it', async () => {
  const refused = await place.sbench(['cluster', 'trust', 'site']);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain(`shows the ssh-ed25519 key ${fingerprint()}`);
  expect(refused.err).toContain(`sbench cluster trust site --fingerprint ${fingerprint()}`);

  const wrong = await place.sbench(['cluster', 'trust', 'site', '--fingerprint', 'SHA256:other']);
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('which is none of those given') });

  const asked: string[] = [];
  const answering = (answer: string | undefined) => ({
    ask: async (question: string) => {
      asked.push(question);
      return answer;
    },
  });
  for (const answer of ['no', '', undefined]) {
    const { code, err } = await place.sbench(['cluster', 'trust', 'site'], answering(answer));
    expect({ code, err }).toEqual({
      code: 2,
      err: `error: the key of [127.0.0.1]:${sshd.port} is not trusted\n`,
    });
  }
  expect(asked[0]).toContain(fingerprint());
  expect(existsSync(known())).toBe(false);

  const yes = await place.sbench(['cluster', 'trust', 'site', '--json'], answering('yes'));
  expect(yes.code).toBe(0);
  expect(JSON.parse(yes.out)).toMatchObject({ hosts: [{ fingerprint: fingerprint(), file: known() }] });
  expect(statSync(known()).mode & 0o777).toBe(0o600);
  // OpenSSH takes it, too.
  const found = execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', known()], {
    encoding: 'utf8',
  });
  expect(found).toContain('ssh-ed25519');
  const again = await place.sbench(['cluster', 'trust', 'site']);
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('(known already)') });
});

test('HashKnownHosts hides the name, and it is still known', async () => {
  const before = readFileSync(known(), 'utf8');
  place.write('.ssh/known_hosts', '');
  place.write('.ssh/config', 'HashKnownHosts yes\n');
  const { code } = await place.sbench(['cluster', 'trust', 'site', '--fingerprint', fingerprint()]);
  expect(code).toBe(0);
  expect(readFileSync(known(), 'utf8')).toMatch(/^\|1\|\S+\|\S+ ssh-ed25519 \S+\n$/);
  expect((await place.sbench(['cluster', 'trust', 'site'])).out).toContain('(known already)');
  place.write('.ssh/known_hosts', before);
});

test('a key that has changed is never answered with yes', async () => {
  const before = readFileSync(known(), 'utf8');
  const other = readFileSync(join(sshd.folder, 'other.pub'), 'utf8').trim();
  place.write('.ssh/known_hosts', `[127.0.0.1]:${sshd.port} ${other}\n`);
  const changed = await place.sbench(['cluster', 'trust', 'site', '--fingerprint', fingerprint()]);
  expect(changed).toMatchObject({ code: 3, err: expect.stringContaining('has changed') });
  place.write('.ssh/known_hosts', before);
});

test('a login node without a Slurm is checked to its end: what is there, what is not', async () => {
  const { code, out } = await place.sbench(['cluster', 'check', 'site', '--no-job', '--json']);
  const { ok, findings } = JSON.parse(out);
  expect({ code, ok }).toEqual({ code: 1, ok: false });
  const state = (check: string) => findings.find((each: { check: string }) => each.check === check)?.is;
  expect(['ssh', 'host key', 'workdir', 'clock'].map(state)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(['slurm', 'partitions', 'identity'].map(state)).toEqual(['fail', 'fail', 'warn']);
});

test('a login that is refused is exit code 3, with what to do', async () => {
  const other = join(sshd.folder, 'other');
  const env = { SBENCH_CLUSTERS__SITE__KEY_FILENAME: other };
  const { code, out } = await place.sbench(['cluster', 'check', 'site'], { env });
  expect(code).toBe(3);
  expect(out).toMatch(/^fail {2}ssh +.* refused the login/);
});

test('list says where each is written; no Redis is said, and no reason to say nothing', async () => {
  const { code, out, err } = await place.sbench(['cluster', 'list', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out).clusters).toEqual([
    {
      name: 'site',
      default: false,
      definition: `${userInfo().username}@127.0.0.1:${sshd.port}:${sshd.folder}/work`,
      origin: expect.stringMatching(/sbench\.config\.yaml:4:\d+$/),
      registered: null,
    },
  ]);
  expect(err).toContain('no Redis answers');
});
