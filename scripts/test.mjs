#!/usr/bin/env node
/**
 * `npm test`: sets up what the tests need, runs every test, and ends with `N passed, N failed`; before it
 * `N skipped: why` when something could not run here. Further arguments go to vitest. With `CI=true`, files that failed
 * run once more, alone; what passes then is counted as passed and named.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { canRunCluster, SetupError, setUp } from './setup.mjs';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const log = (line) => void process.stderr.write(`${line}\n`);

/** Tests that need the cluster, and so root. Found by their folder, so that none is forgotten. */
const CLUSTER_PROJECTS = ['cluster', 'controller'];

/** More than these are no accident of a busy machine. */
const SECOND_CHANCES = 5;

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
  const report = runVitest(projects, facts, process.argv.slice(2));
  if (process.env.CI) again(report, projects, facts);
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

/** What fails among others and passes alone is a defect to be looked for, not one to hold everybody up: it is named. */
function again(report, projects, facts) {
  const hurt = report.testResults.filter((file) => file.status === 'failed');
  if (hurt.length === 0 || hurt.length > SECOND_CHANCES) return;
  log(`again, alone: ${hurt.map((file) => path.relative(REPO, file.name)).join(' ')}`);
  const second = runVitest(projects, facts, ['--no-file-parallelism', ...hurt.map((file) => file.name)]);
  for (const file of second.testResults) {
    const at = report.testResults.findIndex((before) => before.name === file.name);
    const failedBefore = report.testResults[at].assertionResults.filter((test) => test.status === 'failed');
    for (const { fullName } of failedBefore) {
      if (file.assertionResults.some((test) => test.fullName === fullName && test.status === 'passed'))
        console.log(
          `flaky: failed among others, passed alone: ${path.relative(REPO, file.name)} > ${fullName}`,
        );
    }
    report.testResults[at] = file;
  }
}

function runVitest(projects, facts, options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sbench-test-'));
  const file = path.join(folder, 'report.json');
  const words = [
    path.join(REPO, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...options,
  ];
  const env = { ...process.env, SBENCH_TESTBED_FACTS: JSON.stringify(facts) };
  spawnSync(process.execPath, words, { cwd: REPO, stdio: ['ignore', 'inherit', 'inherit'], env });
  if (!existsSync(file)) throw new Error('vitest ended without a report');
  const report = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(folder, { recursive: true });
  return report;
}

/** How many tests need the cluster: listed, not run. */
function leftOut() {
  const words = [path.join(REPO, 'node_modules', 'vitest', 'vitest.mjs'), 'list', '--json'];
  const projects = ['machine', ...CLUSTER_PROJECTS].flatMap((name) => ['--project', name]);
  const listed = spawnSync(process.execPath, [...words, ...projects], { cwd: REPO, encoding: 'utf8' });
  return JSON.parse(listed.stdout).length;
}
