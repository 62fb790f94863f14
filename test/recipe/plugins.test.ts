import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadKinds } from '../../src/producer/load-kinds.ts';
import { planSession } from '../../src/producer/plan-session.ts';
import { loadSettings } from '../../src/shared/settings/load-settings.ts';
import { LOADGEN, settingsWith } from './fixture.ts';
import { runScript, STUBS, wordsOf } from './run-script.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/plugin/echo.js', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbench-plugins-'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}
const load = (...names: string[]) =>
  loadKinds({ plugins: names.map((name, index) => ({ name, folder, key: `plugins[${index}]` })) });

/** A plugin's text, right but for what a test changes. */
const plugin = (change: string, kind = 'mine') =>
  `export default ({ Service, serviceFrame }) => {
     class Mine extends Service { static summary = 'mine'; static schema = serviceFrame; static owns = []; plan() {} }
     const right = { apiVersion: 1, services: { '${kind}': Mine } };
     ${change}
   }`;

test('the example: its kinds, where they come from, and a plan', async () => {
  write('echo.js', readFileSync(EXAMPLE, 'utf8'));
  const factory = await load('./echo.js');
  expect(factory.listServices()).toContain('echo');
  expect(factory.origin('service', 'echo')).toBe(join(folder, 'echo.js'));
  expect(factory.origin('service', 'ollama')).toBe('built in');
  const plan = (service: object) =>
    planSession({
      recipeText: JSON.stringify({ service: { type: 'echo', ...service }, client: { type: 'once' } }),
      file: 'r.yaml',
      settings: settingsWith(),
      version: '1',
      blobs: { loadgen: LOADGEN },
      preamble: STUBS,
      factory,
    });
  const { roles } = plan({ answer: "it's" });
  const run = runScript(roles[0]?.script ?? '');
  expect(wordsOf(run, 'sb_serve')?.at(-1)).toBe('11434');
  expect(run.environment.get('ANSWER')).toBe("it's");
  expect(() => plan({})).toThrow("service needs 'answer'");
  expect(() => plan({ answer: 'x', environment: { ANSWER: 'y' } })).toThrow('is set by the kind echo itself');
});

test('from a package, for import only too; the export may be plain', async () => {
  const text = `import * as plain from 'plain-words'; export default ${plugin('return right;').replace('export default ', '')}`;
  write('node_modules/plain-words/package.json', '{"type":"module","exports":{".":{"import":"./x.js"}}}');
  write('node_modules/plain-words/x.js', 'export const x = 1;');
  write('node_modules/bench-kinds/package.json', '{"type":"module","exports":{"import":"./kinds.js"}}');
  write('node_modules/bench-kinds/kinds.js', text);
  expect((await load('bench-kinds')).listServices()).toContain('mine');
  write(
    'plain.mjs',
    plugin('return right;')
      .replace('export default', 'const make =')
      .concat(
        `
    const all = make({ Service: class {}, serviceFrame: { shape: SHAPE } }); export const { apiVersion, services } = all;`.replace(
          'SHAPE',
          JSON.stringify(Object.fromEntries(frameKeys(await load()).map((key) => [key, 1]))),
        ),
      ),
  );
  expect((await load('./plain.mjs')).listServices()).toContain('mine');
});

const frameKeys = (factory: Awaited<ReturnType<typeof load>>) =>
  Object.keys(factory.serviceKind('container')?.schema.shape ?? {});

test.each([
  ['gone.js', undefined, 'plugins[0] (gone.js): there is no file '],
  ['no-such-package', undefined, "there is no package 'no-such-package' for "],
  ['syntax.js', 'export default {', 'cannot be loaded: '],
  ['throws.js', 'throw new Error("boom")', 'cannot be loaded: boom'],
  ['empty.js', '', 'is no plugin: apiVersion must be 1'],
  [
    'newer.js',
    plugin('return { ...right, apiVersion: 2 };'),
    'apiVersion must be 1, the version that this sbench knows',
  ],
  ['key.js', plugin('return { ...right, servces: {} };'), 'Unrecognized key: "servces"'],
  ['none.js', 'export default { apiVersion: 1 };', 'has neither services nor clients'],
  ['name.js', plugin('return right;', 'My Kind'), 'is not a name: lower case letters, digits and -'],
  [
    'object.js',
    plugin('right.services.mine = {}; return right;'),
    'services.mine must be a class that extends Service',
  ],
  [
    'plan.js',
    plugin('delete Mine.prototype.plan; Object.setPrototypeOf(Mine.prototype, null); return right;'),
    'services.mine has no method plan()',
  ],
  ['summary.js', plugin("Mine.summary = ''; return right;"), 'has no static summary'],
  ['owns.js', plugin('Mine.owns = undefined; return right;'), 'has no static owns'],
  [
    'schema.js',
    plugin('Mine.schema = undefined; return right;'),
    'has no static schema that extends serviceFrame',
  ],
  ['twice.js', plugin('return right;', 'ollama'), 'the service kind ollama is there already (built in)'],
])('%s is refused, with what is wrong', async (name, text, message) => {
  if (text !== undefined) write(name, text);
  await expect(load(name)).rejects.toThrow(message);
});

test('a kind that fails in its plan is named, and not us', async () => {
  write(
    'broken.js',
    plugin('Mine.prototype.plan = () => { throw new Error("boom"); }; return right;', 'broken'),
  );
  const factory = await load('./broken.js');
  const request = {
    file: 'r.yaml',
    settings: settingsWith(),
    version: '1',
    blobs: { loadgen: LOADGEN },
    factory,
  };
  expect(() => planSession({ ...request, recipeText: 'service: {type: broken}' })).toThrow(
    `the kind broken of ${join(folder, 'broken.js')} failed: boom`,
  );
});

test('the configuration: paths are relative to its file', () => {
  write('conf/sbench.config.yaml', 'plugins: [../echo.js, bench-kinds]\n');
  const settings = loadSettings({ config: 'conf/sbench.config.yaml', cwd: folder, env: {}, home: folder });
  expect(settings.plugins).toEqual([
    { name: '../echo.js', folder: join(folder, 'conf'), key: 'plugins[0]' },
    { name: 'bench-kinds', folder: join(folder, 'conf'), key: 'plugins[1]' },
  ]);
});
