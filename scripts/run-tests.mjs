/**
 * Runs vitest, and gives its report. With `CI=true`, files that failed run once more, alone: what fails among others
 * and passes alone is a defect to be looked for, not one to hold everybody up. It is named, and counted as passed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** More than these are no accident of a busy machine. */
const SECOND_CHANCES = 5;

/** `node` is the Node.js that runs them, `options` go to vitest. */
export function runTests({ node = process.execPath, projects, env, options = [] }) {
  const run = (more) => runVitest(node, projects, env, more);
  const report = run(options);
  if (!process.env.CI) return report;
  const hurt = report.testResults.filter((file) => file.status === 'failed');
  if (hurt.length === 0 || hurt.length > SECOND_CHANCES) return report;
  console.error(`again, alone: ${hurt.map((file) => path.relative(REPO, file.name)).join(' ')}`);
  const second = run(['--no-file-parallelism', ...hurt.map((file) => file.name)]);
  for (const file of second.testResults) {
    const at = report.testResults.findIndex((before) => before.name === file.name);
    nameFlaky(report.testResults[at], file);
    report.testResults[at] = file;
  }
  return report;
}

function nameFlaky(before, after) {
  for (const { fullName } of before.assertionResults.filter((test) => test.status === 'failed')) {
    if (after.assertionResults.some((test) => test.fullName === fullName && test.status === 'passed'))
      console.log(
        `flaky: failed among others, passed alone: ${path.relative(REPO, after.name)} > ${fullName}`,
      );
  }
}

function runVitest(node, projects, env, options) {
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
  spawnSync(node, words, { cwd: REPO, stdio: ['ignore', 'inherit', 'inherit'], env });
  if (!existsSync(file)) throw new Error('vitest ended without a report');
  const report = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(folder, { recursive: true });
  return report;
}
