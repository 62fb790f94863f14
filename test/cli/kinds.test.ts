import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLUSTER, type Workplace, workplace } from './run.ts';

const ECHO = readFileSync(new URL('../../examples/plugin/echo.js', import.meta.url), 'utf8');
let place: Workplace;
beforeAll(() => {
  place = workplace(`plugins: [kinds/echo.mjs]\nclusters:\n  local: ${CLUSTER}\n`);
  place.write('kinds/echo.mjs', ECHO);
});
afterAll(() => place.remove());

test('the kinds there are, and where each comes from', async () => {
  const { code, out } = await place.sbench(['services']);
  expect(code).toBe(0);
  expect(out).toMatch(/^ollama .* built in$/m);
  expect(out).toMatch(/^echo .* answer .*kinds\/echo\.mjs$/m);
  const { out: json } = await place.sbench(['clients', '--json']);
  expect(JSON.parse(json).clients.map(({ kind }: { kind: string }) => kind)).toEqual(
    expect.arrayContaining(['ollama', 'once', 'script', 'wrk']),
  );
});

test('one of them: its keys, the least it needs, a recipe', async () => {
  const { out } = await place.sbench(['services', 'ollama']);
  expect(out).toMatch(/^model +text +required$/m);
  expect(out).toContain('    type: ollama\n    model: <text>\n');
  expect(out).toContain('recipes/quickstart.yaml');
  expect((await place.sbench(['clients', 'wrk'])).out).toMatch(/^sweep\.connections +list of whole number/m);
  const { code, err } = await place.sbench(['services', 'olama']);
  expect([code, err]).toEqual([2, expect.stringContaining("Did you mean 'ollama'?")]);
});

test('a recipe names a kind from outside; a plugin that is gone stops who plans', async () => {
  place.write(
    'echo.yaml',
    'service: {type: echo, answer: hi, resources: {time: 1m}}\nclient: {type: once, resources: {time: 1m}}\n',
  );
  expect((await place.sbench(['validate', 'echo.yaml'])).out).toContain('is valid');
  expect((await place.sbench(['submit', 'echo.yaml', '--dry-run', '--offline'])).out).toContain(
    "export ANSWER='hi'",
  );
  place.write('sbench.config.yaml', 'plugins: [./gone.js]\n');
  const { code, err } = await place.sbench(['validate', 'echo.yaml']);
  expect([code, err]).toEqual([2, expect.stringContaining('plugins[0] (./gone.js): there is no file ')]);
});
