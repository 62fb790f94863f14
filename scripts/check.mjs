#!/usr/bin/env node
/** `npm run check`: types, style, import rules, dead code. Everything is checked, then the verdict. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const module = (...words) => path.join(REPO, 'node_modules', ...words);

const CHECKS = [
  ['types', [module('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']],
  ['style', [module('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']],
  [
    'imports',
    [module('dependency-cruiser', 'bin', 'dependency-cruise.mjs'), 'src', '--config', '--output-type', 'err'],
  ],
  ['dead code', [module('knip', 'bin', 'knip.js')]],
];

let failed = false;
for (const [name, words] of CHECKS) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: REPO, encoding: 'utf8' });
  // With a TypeScript it does not know, dependency-cruiser sees no modules and reports no violations.
  const cruised = /(\d+) modules/.exec(stdout);
  const blind = name === 'imports' && !(Number(cruised?.[1]) > 50);
  const ok = status === 0 && !blind;
  failed ||= !ok;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}${cruised ? ` (${cruised[1]} modules)` : ''}`);
  if (!ok) console.log(`${stdout}${stderr}${blind ? 'it saw (almost) no modules\n' : ''}`);
}
process.exitCode = failed ? 1 : 0;
