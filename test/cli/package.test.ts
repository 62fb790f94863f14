import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeProducer, connectProducer } from '../../src/producer/connect-producer.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { CLUSTER } from './run.ts';

/** The package as somebody gets it: packed, unpacked into their node_modules, imported by its name. */
const REPO = fileURLToPath(new URL('../../', import.meta.url));
let redis: TestRedis;
let folder: string;
let packed: string[];
beforeAll(async () => {
  redis = await startRedis();
  folder = mkdtempSync(join(tmpdir(), 'sbench-package-'));
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [{ filename, files }] = JSON.parse(execFileSync('npm', words, { cwd: REPO, encoding: 'utf8' }));
  packed = files.map(({ path }: { path: string }) => path);
  const home = join(folder, 'node_modules', 'sbench');
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', home, '--strip-components=1']);
  // Its dependencies, as an installation would have them beside it.
  for (const name of readdirSync(join(REPO, 'node_modules')))
    if (name !== 'sbench') symlinkSync(join(REPO, 'node_modules', name), join(folder, 'node_modules', name));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  writeFileSync(join(folder, 'sbench.config.yaml'), `redis: ${redis.url}\nclusters:\n  local: ${CLUSTER}\n`);
  cpSync(join(REPO, 'examples', 'enqueue-many.ts'), join(folder, 'enqueue-many.ts'));
});
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('what is packed is what is needed', () => {
  for (const file of ['dist/cli/main.js', 'dist/producer/index.d.ts', 'dist/jobs/loadgen.mjs', 'LICENSE'])
    expect(packed).toContain(file);
  expect(packed.filter((file) => /^(src|test|testbed|node_modules)\/|\.env|\.pem$/.test(file))).toEqual([]);
});

test('its types are there for a program in TypeScript', () => {
  const compiler = {
    module: 'NodeNext',
    target: 'ES2023',
    strict: true,
    noEmit: true,
    // Others' declarations are their own; ours are what is asked here.
    skipLibCheck: true,
    types: ['node'],
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: compiler, include: ['*.ts'] }),
  );
  writeFileSync(
    join(folder, 'wrong.ts'),
    `import { Producer } from 'sbench';
const producer = await Producer.open();
// @ts-expect-error an unknown option
await producer.enqueueSession({}, { kee: 'x' });
const id: string = (await producer.enqueueSession('', {})).id;
const { state } = await producer.waitForSession(id);
// @ts-expect-error no state has this name
if (state === 'done') await producer.close();
`,
  );
  const tsc = join(REPO, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  expect(stdout).toBe('');
});

test('a hundred sessions: killed in the middle, run again, a hundred', async () => {
  const { code } = transformSync(readFileSync(join(folder, 'enqueue-many.ts'), 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
  });
  writeFileSync(join(folder, 'enqueue-many.mjs'), code);
  // The power goes in the middle of the 31st, whoever else wants the processor at that moment.
  writeFileSync(
    join(folder, 'power-cut.mjs'),
    `const { log } = console;
let lines = 0;
console.log = (line) => {
  log(line);
  if (++lines === 30) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1);
};
`,
  );
  const run = (...words: string[]) =>
    spawn(process.execPath, [...words, 'enqueue-many.mjs', 'winter'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, HOME: folder },
    });
  const first = run('--import', './power-cut.mjs');
  first.stdout.resume();
  await once(first, 'close');
  expect(first.signalCode).toBe('SIGKILL');

  const second = run();
  let out = '';
  second.stdout.on('data', (chunk) => {
    out += chunk;
  });
  await once(second, 'close');
  expect(second.exitCode).toBe(0);
  const lines = out.trim().split('\n');
  expect(lines).toHaveLength(100);
  expect(lines.filter((line) => line.endsWith('was there')).length).toBeGreaterThanOrEqual(30);

  const deps = await connectProducer(redis.url);
  const ids = await deps.store.list(1_000);
  expect(ids).toHaveLength(100);
  expect(new Set(lines.map((line) => line.split(' ')[0]))).toEqual(new Set(ids));
  const { sessions } = await deps.store.readAll(ids);
  expect(new Set(sessions.map(({ record }) => record.key)).size).toBe(100);
  // Also the one whose producer died between its record and its flow.
  expect(sessions.filter(({ record }) => record.state !== 'queued')).toEqual([]);
  await closeProducer(deps);
});
