#!/usr/bin/env node
/**
 * `npm run chaos -- --sessions 20 --seed 7`: sessions on two clusters of its own while everything is broken in turn, as the
 * seed plans it. Ends with one JSON line; exit code 0 only when nothing was lost, doubled, left, or told wrongly.
 */
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { BROKEN, breakBuild } from './broken-builds.mjs';
import { CHAOS, SetupError, setUp, testbed } from './setup.mjs';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const log = (line) => void process.stderr.write(`${line}\n`);

const HELP = `npm run chaos -- [--sessions 20] [--seed 1] [--faults a,b | none] [--broken NAME]
npm run chaos -- --ambiguous-submits 1000 [--seed 1] [--broken NAME]

  --sessions N           how many sessions (1 to 2000)
  --ambiguous-submits N  instead of sessions, N submissions whose answers are lost (1 to 20000)
  --seed S               fixes the plan, byte by byte (a number)
  --faults a,b           only these faults; none: none at all
  --plan                 prints the plan as JSON, and does nothing
  --broken NAME          a build that is wrong on purpose, which should be found out (exit code 1):
${Object.entries(BROKEN)
  .map(([name, { says }]) => `                           ${name}: ${says}`)
  .join('\n')}`;

for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    log(
      'chaos: stopped. Its workers and its Redis end with it; its Slurm jobs do at their time limit, or by scancel',
    );
    process.exit(130);
  });
try {
  process.exitCode = await main();
} catch (error) {
  const usage = error instanceof SetupError || String(error.code).startsWith('ERR_PARSE_ARGS');
  log(usage ? `chaos: ${error.message}` : `chaos: ${error.stack ?? error}`);
  process.exitCode = 2;
}
// Connections of the library's that are still saying goodbye.
process.exit();

async function main() {
  const { values } = parseArgs({
    options: {
      sessions: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      'ambiguous-submits': { type: 'string' },
      faults: { type: 'string' },
      broken: { type: 'string' },
      plan: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.broken !== undefined && !(values.broken in BROKEN))
    throw new SetupError(
      `there is no broken build '${values.broken}'. There are: ${Object.keys(BROKEN).join(', ')}`,
    );
  await setUp({ need: ['npm', 'build'], log });
  const dist = values.broken === undefined ? path.join(REPO, 'dist') : breakBuild(REPO, values.broken);
  const { chaos } = await load('main', dist);
  return chaos({
    values,
    dist,
    log,
    setUp: async () => (await setUp({ need: ['test-tools', 'chaos'], log })).chaos,
    testbed: (cluster, script, ...args) => testbed(script, args, CHAOS[cluster]),
  });
}

/** The harness is TypeScript as the tests are; sbench itself it takes from dist, as it was built. */
async function load(name, dist) {
  const outfile = path.join(REPO, 'dist', 'chaos', `${name}.mjs`);
  const fromDist = {
    name: 'sbench as it was built',
    setup({ onResolve }) {
      onResolve({ filter: /\/src\/.*\.ts$/ }, ({ path: file, resolveDir }) => {
        const built = path.relative(path.join(REPO, 'src'), path.resolve(resolveDir, file));
        return { path: path.join(dist, built.replace(/\.ts$/, '.js')), external: true };
      });
    },
  };
  await build({
    entryPoints: [path.join(REPO, 'test', 'chaos', `${name}.ts`)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
    plugins: [fromDist],
  });
  return import(pathToFileURL(outfile).href);
}
