import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Workplace, workplace } from './run.ts';

// What confused somebody who knew the README only.
let place: Workplace;
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const [configuration = '', recipe = ''] = [...readme.matchAll(/^```yaml\n(.*?)^```/gms)].map(
  ([, text = '']) => text,
);
beforeAll(() => {
  place = workplace(
    'redis: redis://127.0.0.1:1\nclusters: {site: {hostname: login.example, username: me}}\n',
  );
  place.write('readme.yaml', recipe);
  place.write('as-readme.config.yaml', configuration);
});
afterAll(() => place.remove());

test('the recipe of the README is valid with the configuration beside it, and says what is missing without', async () => {
  const config = ['--config', 'as-readme.config.yaml'];
  expect(await place.sbench(['validate', 'readme.yaml', ...config])).toMatchObject({
    code: 0,
    out: 'readme.yaml is valid for cluster meluxina\n',
  });
  const { code, err } = await place.sbench(['validate', 'readme.yaml']);
  expect(code).toBe(2);
  expect(err).toContain(
    "the cluster site has no preset 'gpu': write its options here, or add it to clusters.site.presets of the configuration",
  );
});

test.each([
  [['cluster', 'check'], "missing required argument 'name'\nTry: sbench cluster check --help\n"],
  [['--config', 'sbench.config.yaml', 'list', '--bogus'], 'Try: sbench list --help\n'],
  [['sumbit'], 'Try: sbench --help\n'],
])('%j says whose help helps', async (argv, words) => {
  expect((await place.sbench(argv)).err).toContain(words);
});

test('keys that a kind refuses are not offered', async () => {
  const { out } = await place.sbench(['clients', 'http']);
  expect(out).toContain('\nduration ');
  expect(out).not.toMatch(/^(script|command|args) /m);
  expect((await place.sbench(['clients', 'script'])).out).toMatch(/^script/m);
});
