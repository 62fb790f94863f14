#!/usr/bin/env node
/**
 * `npm run quickstart`: from a fresh machine to a benchmark result. Sets up all that is needed, starts one worker,
 * submits recipes/quickstart.yaml and watches it to its end.
 *
 *   npm run quickstart                 with a result table
 *   npm run quickstart -- --json       the last line of stdout is one JSON object
 *   npm run quickstart -- --down       stops all it started and removes what it added, packages aside
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError, setUp, tearDown } from './setup.mjs';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const WORK = path.join(REPO, '.sbench');
const MAIN = path.join(REPO, 'dist', 'cli', 'main.js');
const arguments_ = process.argv.slice(2);
const json = arguments_.includes('--json');
const log = (line) => void process.stderr.write(`${line}\n`);

const unknown = arguments_.find((word) => !['--json', '--down', '--help', '-h'].includes(word));
if (unknown !== undefined) {
  log(`quickstart: unknown option ${unknown}. It takes --json, --down or --help.`);
  process.exit(2);
}
if (arguments_.includes('--help') || arguments_.includes('-h')) {
  console.log('npm run quickstart [-- --json | --down]\n\nExample: npm run quickstart -- --json');
  process.exit(0);
}

try {
  process.exitCode = arguments_.includes('--down') ? await down() : await run();
} catch (error) {
  log(error instanceof SetupError ? `quickstart: ${error.message}` : `quickstart: ${error.stack ?? error}`);
  if (json) console.log(JSON.stringify({ ok: false, error: error.message }));
  process.exitCode = 1;
}

async function down() {
  await tearDown({ log });
  return 0;
}

async function run() {
  const { cluster, redis, llm } = await setUp({ need: ['npm', 'build', 'cluster', 'redis', 'llm'], log });
  const config = writeConfiguration(cluster, redis, llm);
  const worker = startWorker(config);
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  try {
    const session = await submit(config, interrupted.signal);
    const code = session.code;
    if (code === 130)
      log('The session goes on, but its worker stops with this command: run it again to go on.');
    if (json) console.log(JSON.stringify(summary(session.view)));
    return code;
  } finally {
    worker.child.kill('SIGTERM');
    await worker.ended;
  }
}

/** The configuration that a person would write for this cluster; kept, so that `sbench` can be tried with it. */
function writeConfiguration(cluster, redis, llm) {
  mkdirSync(WORK, { recursive: true });
  const file = path.join(WORK, 'sbench.config.yaml');
  const text = `# Written by npm run quickstart.
clusters:
  ${cluster.name}:
    hostname: ${cluster.host}
    port: ${cluster.port}
    username: ${cluster.user}
    key_filename: ${JSON.stringify(cluster.key)}
    known_hosts: ${JSON.stringify(cluster.knownHosts)}
    variables:
      LLM: ${JSON.stringify(llm.root)}
redis: unix://${redis.socket}
results: ${JSON.stringify(path.join(REPO, 'results'))}
`;
  writeFileSync(file, text);
  return file;
}

function startWorker(config) {
  const child = spawn(process.execPath, [MAIN, 'worker', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Its log is for operators; here it matters only when something goes wrong.
  const lines = [];
  child.stderr.on('data', (chunk) => lines.push(String(chunk)));
  child.once('exit', (code) => {
    if (code) log(`the worker ended with exit code ${code}:\n${lines.join('').slice(-4000)}`);
  });
  return { child, ended: once(child, 'exit') };
}

/** Submits and watches; with --json the watcher's lines are read for the last one, the session itself. */
async function submit(config, signal) {
  const recipe = path.join(REPO, 'recipes', 'quickstart.yaml');
  const words = [MAIN, 'submit', recipe, '--config', config, '--watch', ...(json ? ['--json'] : [])];
  const child = spawn(process.execPath, words, { stdio: ['ignore', json ? 'pipe' : 'inherit', 'inherit'] });
  signal.addEventListener('abort', () => child.kill('SIGINT'));
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
    for (const line of String(chunk).split('\n')) progress(line);
  });
  const [code] = await once(child, 'close');
  const last = text.trim().split('\n').at(-1) ?? '';
  return { code: code ?? 1, view: json && last.startsWith('{') ? JSON.parse(last) : undefined };
}

function progress(line) {
  try {
    const note = JSON.parse(line);
    if (note.text && note.what) log(`${note.what.padEnd(11)} ${note.text}`);
  } catch {
    // A line that came in two pieces: progress is for reading only.
  }
}

function summary(view) {
  const result = view?.results?.c1;
  const points = (result?.points ?? []).map((point) => ({
    concurrency: point.concurrency,
    requests: point.requests,
    errors: point.errors,
    ttftMs: point.ttftMs,
    tpotMs: point.tpotMs,
    e2eMs: point.e2eMs,
    outputTokens: point.outputTokens,
    outputTokensPerS: point.outputTokensPerS,
  }));
  return {
    ok: view?.state === 'succeeded' && points.length > 0,
    session: view?.id,
    serviceNode: view?.roles?.s1?.node,
    clientNode: view?.roles?.c1?.node,
    points,
    // Stored as host:folder, because workers run on several hosts; here it is this one.
    resultsDir: view?.resultsFolder?.replace(/^[^:]*:/, ''),
  };
}
