#!/usr/bin/env node
/**
 * `npm run scale -- --sessions 100 --workers 3`: many sessions over workers on several hosts (network namespaces beside the
 * test cluster), of which one is killed and one drained in the middle, and one joins late. All have to succeed, each
 * Slurm job exactly once.
 *
 *   --sessions N    how many (100)          --workers N   on how many hosts, at least 2 (3)
 *   --json          the last line of stdout is one JSON object
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { openFleet } from './scale/fleet.mjs';
import { ledgerOf } from './scale/ledger.mjs';
import { SetupError, setUp } from './setup.mjs';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const log = (line) => void process.stderr.write(`${line}\n`);
const fromDist = (file) => import(pathToFileURL(path.join(REPO, 'dist', file)).href);

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '100' },
    workers: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const wanted = Number(values.sessions);
const hosts = Number(values.workers);
if (values.help || !(wanted >= 1 && wanted <= 1000) || !(hosts >= 2 && hosts <= 9)) {
  console.log('npm run scale -- [--sessions 1..1000] [--workers 2..9] [--json]');
  process.exit(values.help ? 0 : 2);
}

try {
  const summary = await run();
  print(summary);
  process.exitCode = summary.ok ? 0 : 1;
} catch (error) {
  log(error instanceof SetupError ? `scale: ${error.message}` : `scale: ${error.stack ?? error}`);
  if (values.json) console.log(JSON.stringify({ ok: false, error: error.message }));
  process.exitCode = 1;
}
// Connections of the library's that are still saying goodbye.
process.exit();

async function run() {
  const given = process.env.SBENCH_TESTBED_FACTS;
  const { cluster } = given ? JSON.parse(given) : await setUp({ need: ['npm', 'build', 'cluster'], log });
  const folder = mkdtempSync(path.join(tmpdir(), 'sbench-scale-'));
  const fleet = await openFleet({ cluster, folder, hosts, log });
  try {
    return await overFleet(fleet, cluster, folder);
  } finally {
    await fleet.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function overFleet(fleet, cluster, folder) {
  const run = randomBytes(4).toString('hex');
  const ledger = ledgerOf(fleet, run);
  const config = writeConfiguration(fleet, cluster, folder, run);
  const { Producer } = await fromDist('producer/index.js');
  const producer = await Producer.open({ config });
  try {
    ledger.putServer(readFileSync(path.join(REPO, 'testbed', 'tiny-server.pl'), 'utf8'));
    const start = performance.now();
    const recipe = recipeFor(run);
    // The last host joins while sessions run.
    for (let host = 1; host < hosts; host++) fleet.startWorker(host, config);
    const ids = [];
    for (let index = 0; index < wanted; index++)
      ids.push((await producer.enqueueSession(recipe, { key: `scale-${run}-${index}` })).id);
    log(`${wanted} sessions enqueued in ${seconds(start)} s`);
    const story = await disturb(producer, fleet, ids, config);
    const wallS = seconds(start);
    return await summarise({ producer, fleet, ids, ledger, story, wallS, config, run });
  } finally {
    ledger.remove();
    await producer.close();
  }
}

/** One is killed at a quarter, a new one joins at a third, one is drained at half. */
async function disturb(producer, fleet, ids, config) {
  const story = { killed: false, joined: false, drainExit: undefined };
  const steps = [
    {
      at: 0.25,
      async act() {
        await fleet.kill9(1);
        story.killed = true;
      },
    },
    {
      at: 0.33,
      async act() {
        // With two hosts the first one comes back, so that one can be drained.
        for (const host of hosts > 2 ? [hosts] : [1, 2]) fleet.startWorker(host, config);
        story.joined = true;
      },
    },
    {
      at: 0.5,
      async act() {
        story.drainExit = await fleet.drain(hosts > 2 ? 2 : 1);
      },
    },
  ];
  const over = new Map();
  const deadline = performance.now() + (120 + 6 * ids.length) * 1000;
  let shown = -1;
  while (over.size < ids.length) {
    for (const id of ids) {
      if (over.has(id)) continue;
      const view = await producer.session(id);
      if (view.endedAt !== undefined) over.set(id, view);
    }
    while (steps.length > 0 && over.size >= steps[0].at * ids.length) await steps.shift().act();
    if (over.size !== shown) log(`${over.size} of ${ids.length} sessions are over`);
    shown = over.size;
    if (performance.now() > deadline) throw new Error(`only ${over.size} sessions ended in time`);
    await pause(1_000);
  }
  return { ...story, views: [...over.values()] };
}

async function summarise({ producer, fleet, ids, ledger, story, wallS, config, run }) {
  const { views, ...disturbed } = story;
  const walls = views
    .map((view) => (Date.parse(view.endedAt) - Date.parse(view.createdAt)) / 1000)
    .sort((a, b) => a - b);
  const states = {};
  for (const { state } of views) states[state] = (states[state] ?? 0) + 1;
  const failures = views
    .filter(({ state }) => state !== 'succeeded')
    .map(({ id, ending }) => `${id}: ${ending?.text}`);
  for (const failure of failures.slice(0, 10)) log(failure);
  const { counts } = await producer.session(ids[0]);
  // A copy that another host holds is of no use here: it comes from the cluster.
  const other = views.find((view) => !view.resultsFolder?.startsWith(`w${hosts}:`)) ?? views[0];
  const fetched = JSON.parse(await fleet.sbench(hosts, config, ['results', other.id, '--json']));
  const wrong = ledger.notOnce(ids);
  const left = await ledger.settled();
  const cpuS = await fleet.cpuSeconds();
  const {
    handshakes = 0,
    commands = 0,
    controllerQueries = 0,
    accountingQueries = 0,
    looks = 0,
    events = 0,
  } = counts.cluster;
  const resultsHome = fetched.files.some((file) => file.endsWith('result.json'));
  return {
    ok:
      states.succeeded === ids.length &&
      wrong.length === 0 &&
      left.length === 0 &&
      disturbed.killed &&
      disturbed.joined &&
      disturbed.drainExit === 0 &&
      resultsHome,
    run,
    sessions: ids.length,
    states,
    workers: hosts,
    ...disturbed,
    wallS,
    sessionWallS: { p50: at(walls, 0.5), p95: at(walls, 0.95), max: at(walls, 1) },
    handshakes,
    commands,
    controllerQueries,
    accountingQueries,
    looks,
    events,
    commandsPerSession: Math.round((commands / ids.length) * 10) / 10,
    controllerQueriesPerSession: Math.round((controllerQueries / ids.length) * 10) / 10,
    cpuS,
    notExactlyOnce: wrong,
    slurmJobsLeft: left,
    resultsFromCluster: resultsHome,
  };
}

function recipeFor(run) {
  const setup = [`echo "$SLURM_JOB_NAME $SLURM_JOB_ID" >> "$HOME/.sbench-scale-${run}/ledger"`];
  // Services on the one half of the cluster, clients on the other: services alone must not take all there is.
  const resources = { cpus: 1, mem: '300M', time: '20m' };
  return {
    version: 1,
    name: 'scale',
    service: {
      type: 'ollama',
      command: '/usr/bin/perl',
      args: [`$SCALE/tiny-server.pl`],
      model: 'tiny',
      setup,
      resources: { ...resources, partition: 'gpu' },
    },
    client: {
      parameters: { max_tokens: 4, requests: 4, warmup_requests: 0 },
      setup,
      resources: { ...resources, partition: 'cpu' },
    },
  };
}

function writeConfiguration(fleet, cluster, folder, run) {
  const file = path.join(folder, 'sbench.config.yaml');
  const text = `clusters:
  ${cluster.name}:
    hostname: ${cluster.host}
    port: ${cluster.port}
    username: ${cluster.user}
    key_filename: ${JSON.stringify(cluster.key)}
    known_hosts: ${JSON.stringify(cluster.knownHosts)}
    variables: {SCALE: ${fleet.home}/.sbench-scale-${run}}
redis: ${fleet.redisUrl}
results: ${fleet.disk}/${run}
`;
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function print(summary) {
  const { sessionWallS: wall } = summary;
  log('');
  log(
    `sessions            ${Object.entries(summary.states)
      .map(([state, count]) => `${count} ${state}`)
      .join(', ')}`,
  );
  log(
    `took                ${summary.wallS} s; a session p50 ${wall.p50} s, p95 ${wall.p95} s, at most ${wall.max} s`,
  );
  log(`handshakes          ${summary.handshakes}`);
  log(`commands            ${summary.commands} (${summary.commandsPerSession} a session)`);
  log(
    `controller queries  ${summary.controllerQueries} (${summary.controllerQueriesPerSession} a session), ${summary.looks} of them looks`,
  );
  log(`accounting queries  ${summary.accountingQueries}`);
  log(
    `workers             one killed, one joined, one drained (exit code ${summary.drainExit}); CPU ${summary.cpuS.workers} s, Redis ${summary.cpuS.redis} s`,
  );
  log(
    `not exactly once    ${summary.notExactlyOnce.length === 0 ? 'none' : summary.notExactlyOnce.join(' ')}`,
  );
  log(`Slurm jobs left     ${summary.slurmJobsLeft.length === 0 ? 'none' : summary.slurmJobsLeft.join(' ')}`);
  if (values.json) console.log(JSON.stringify(summary));
}

function seconds(start) {
  return Math.round((performance.now() - start) / 100) / 10;
}

function at(sorted, share) {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
