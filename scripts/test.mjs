#!/usr/bin/env node
/**
 * `npm test`: sets up what the tests need, runs every test, and ends with `N passed, N failed`; before it
 * `N skipped: why` when something could not run here. Further arguments go to vitest. With `CI=true`, files that failed
 * run once more, alone; what passes then is counted as passed and named.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from './run-tests.mjs';
import { canRunCluster, SetupError, setUp } from './setup.mjs';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const log = (line) => void process.stderr.write(`${line}\n`);

/** Tests that need the cluster, and so root. Found by their folder, so that none is forgotten. */
const CLUSTER_PROJECTS = ['cluster', 'controller'];

try {
  process.exitCode = await main();
} catch (error) {
  log(error instanceof SetupError ? `npm test: ${error.message}` : `npm test: ${error.stack ?? error}`);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}

async function main() {
  const cluster = canRunCluster();
  const need = cluster.ok
    ? ['npm', 'build', 'cluster', 'beta', 'test-tools', 'images', 'llm']
    : ['npm', 'build'];
  const facts = await setUp({ need, log });
  const projects = cluster.ok ? ['fast', 'machine', ...CLUSTER_PROJECTS] : ['fast'];
  const env = { ...process.env, SBENCH_TESTBED_FACTS: JSON.stringify(facts) };
  const report = runTests({ projects, env, options: process.argv.slice(2) });
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const count = (status) => tests.filter((test) => test.status === status).length;
  // A file that could not be loaded has no tests, and is a failure all the same.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const failed = count('failed') + broken.length;
  const skipped = tests.length - count('passed') - count('failed');
  if (skipped > 0) console.log(`${skipped} skipped: marked so in the tests`);
  if (!cluster.ok) console.log(`${leftOut()} skipped: ${cluster.why}`);
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'failed')
        console.log(`failed: ${path.relative(REPO, file.name)} > ${test.fullName}`);
    }
  }
  console.log(`${count('passed')} passed, ${failed} failed`);
  return failed > 0 || count('passed') === 0 ? 1 : 0;
}

/** How many tests need the cluster: listed, not run. */
function leftOut() {
  const words = [path.join(REPO, 'node_modules', 'vitest', 'vitest.mjs'), 'list', '--json'];
  const projects = ['machine', ...CLUSTER_PROJECTS].flatMap((name) => ['--project', name]);
  const listed = spawnSync(process.execPath, [...words, ...projects], { cwd: REPO, encoding: 'utf8' });
  return JSON.parse(listed.stdout).length;
}
