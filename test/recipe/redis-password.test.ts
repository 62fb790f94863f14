import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { redisOptions, withoutPassword } from '../../src/shared/redis/connect.ts';
import { withRedisPassword } from '../../src/shared/settings/redis-password.ts';

const HOSTILE = 'a/b@c:d%20#"';

test('a password from a file arrives as it is, and is never shown', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sbench-secret-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'password');
  writeFileSync(file, `${HOSTILE}\n`);
  for (const env of [{ SBENCH_REDIS_PASSWORD_FILE: file }, { SBENCH_REDIS_PASSWORD: HOSTILE }]) {
    const url = withRedisPassword('redis://redis:6379/2', env) ?? '';
    expect(redisOptions(url, 'ask')).toMatchObject({ host: 'redis', port: 6379, db: 2, password: HOSTILE });
    expect(withoutPassword(url)).toBe('redis://***@redis:6379/2');
  }
});

test('one that stands in the address stays; a socket has none', () => {
  const env = { SBENCH_REDIS_PASSWORD: 'x' };
  for (const url of ['redis://:mine@redis', 'unix:///run/redis.sock', undefined, 'nonsense'])
    expect(withRedisPassword(url, env)).toBe(url);
  expect(() => withRedisPassword('redis://h', { SBENCH_REDIS_PASSWORD_FILE: '/nowhere' })).toThrow(
    'cannot read SBENCH_REDIS_PASSWORD_FILE',
  );
});
