#!/usr/bin/env node
/**
 * `npm run quickstart`: from a fresh machine to a benchmark result. Sets up all that is needed, starts one worker,
 * submits recipes/quickstart.yaml and watches it to its end.
 *
 *   npm run quickstart                 with a result table
 *   npm run quickstart -- --json       the last line of stdout is one JSON object
 *   npm run quickstart -- --down       stops all it started and removes what it added, packages aside
 */
import path from 'node:path';
import { REPO, sbench, startWorker, writeConfiguration } from './installation.mjs';
import { SetupError, setUp, tearDown } from './setup.mjs';

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
  const config = writeConfiguration('sbench.config.yaml', {
    by: 'npm run quickstart',
    clusters: [cluster],
    redis,
    variables: { LLM: llm.root },
  });
  const worker = await startWorker(config, log);
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  try {
    const recipe = path.join(REPO, 'recipes', 'quickstart.yaml');
    const onNote = json ? ({ what, text }) => log(`${what.padEnd(11)} ${text}`) : undefined;
    const { code, last } = await sbench(['submit', recipe, '--watch'], {
      config,
      signal: interrupted.signal,
      onNote,
    });
    if (code === 130)
      log('The session goes on, but its worker stops with this command: run it again to go on.');
    if (json) console.log(JSON.stringify(summary(last)));
    else if (code === 0)
      log(`
Look at it again: npm run -s sbench -- report @last --config ${path.relative(process.cwd(), config)}
What next:        README.md, "Use your cluster"`);
    return code;
  } finally {
    await worker.stop();
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
