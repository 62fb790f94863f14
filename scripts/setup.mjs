/**
 * Makes this machine ready: Node packages, the build, and the test bed (a Slurm cluster, Redis, an LLM server).
 * Each step does nothing when there is nothing to do. Built-in modules only: it runs before `npm ci`.
 *
 *   node scripts/setup.mjs npm build cluster redis llm    prints what it made, as JSON
 *   node scripts/setup.mjs --down                         removes the test bed
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const TESTBED = process.env.SBENCH_TESTBED ?? '/var/lib/sbench-testbed';
const LLM_SOURCES = path.join(REPO, 'llm');
const LLM = path.join(TESTBED, 'llm');

/** A reason that the person at the keyboard can do something about: shown without a stack. */
export class SetupError extends Error {}

const logLine = (line) => void process.stderr.write(`${line}\n`);

// --- can it work here?

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(
      `sbench needs Node.js 20.19 or newer; this is ${process.version} (${process.execPath})`,
    );
  }
}

let sudoWorks;

function isRoot() {
  return process.getuid?.() === 0;
}

function hasSudo() {
  sudoWorks ??= spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return sudoWorks;
}

/** Whether the test bed can run on this machine: `{ ok: true }` or `{ ok: false, why }`. */
export function canRunCluster() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return no(`the test bed needs Linux on x86-64; this is ${process.platform} on ${process.arch}`);
  }
  if (!existsSync('/usr/bin/apt-get')) return no('the test bed needs Debian (apt-get); tested on Debian 12');
  if (!isRoot() && !hasSudo()) {
    return no(
      'the test bed starts Slurm daemons in network namespaces, which needs root: run it as root, ' +
        'or as a user for whom `sudo -n true` works',
    );
  }
  return { ok: true };
}

function no(why) {
  return { ok: false, why };
}

// --- running commands

/** Runs a command; its output is kept and shown only when it fails. */
function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new SetupError(`${command}: ${error.message}`)));
    // 'exit', not 'close': nothing that was left running in the background may hold us
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new SetupError(`${[command, ...args].join(' ')} failed (${signal ?? code}):\n${output.trim()}`),
        );
    });
  });
}

/**
 * Runs a script of testbed/ as root, e.g. `testbed('node.sh', ['crash', '2'])`. `env` holds its settings (CLUSTER,
 * NET, ...); nothing else of our environment reaches it.
 */
export function testbed(script, args = [], env = {}) {
  const able = canRunCluster();
  if (!able.ok) throw new SetupError(able.why);
  const settings = Object.entries({ SBENCH_TESTBED: TESTBED, ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const command = ['env', ...settings, 'bash', path.join(REPO, 'testbed', script), ...args];
  const [first, ...rest] = isRoot() ? command : ['sudo', '-n', ...command];
  return run(first, rest);
}

/** npm of the Node.js that runs this, whatever the PATH says. */
function npm(args, cwd) {
  const home = path.dirname(path.dirname(process.execPath));
  const cli = [
    path.join(home, 'lib/node_modules/npm/bin/npm-cli.js'),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
  ].find((file) => existsSync(file));
  return cli ? run(process.execPath, [cli, ...args], { cwd }) : run('npm', args, { cwd });
}

// --- steps

/** Not part of the sources: what a run leaves in them. */
const SKIPPED = ['node_modules', 'models'];

/** A digest of files and folders: names and contents. */
function digest(base, names) {
  const hash = createHash('sha256');
  const add = (name) => {
    const file = path.join(base, name);
    if (!existsSync(file)) return;
    if (statSync(file).isDirectory()) {
      for (const entry of readdirSync(file).sort()) if (!SKIPPED.includes(entry)) add(path.join(name, entry));
      return;
    }
    const content = readFileSync(file);
    hash.update(`${name}\0${content.length}\0`).update(content);
  };
  for (const name of names) add(name);
  return hash.digest('hex');
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

async function installPackages() {
  const stamp = path.join(REPO, 'node_modules/.sbench-lock-sha');
  const wanted = digest(REPO, ['package-lock.json']);
  if (read(stamp) === wanted) return 'unchanged';
  await npm(['ci'], REPO);
  writeFileSync(stamp, wanted);
  return 'npm ci';
}

async function build() {
  const stamp = path.join(REPO, 'dist/.sbench-source-sha');
  const sources = () =>
    digest(REPO, ['src', 'package.json', 'scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json']);
  const wanted = sources();
  if (read(stamp) === wanted) return 'unchanged';
  await npm(['run', 'build'], REPO);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
  return 'npm run build';
}

async function cluster(result, env) {
  await testbed('cluster-up.sh', [], env);
  const uid = process.getuid();
  const file = path.join(TESTBED, env.CLUSTER ?? 'alpha', `client-${uid}`, 'cluster.json');
  result.cluster = JSON.parse(readFileSync(file, 'utf8'));
  return `${result.cluster.user}@${result.cluster.host}`;
}

/** The second cluster, beside the first: small, without accounting, with people of other login shells. */
const BETA = {
  CLUSTER: 'beta',
  NET: '10.78.0',
  NODES: '2',
  NODE_PREFIX: 'b',
  DBD: '0',
  // It forgets what has ended within seconds: only our own records then tell how.
  MIN_JOB_AGE: '2',
  HPC_USER: 'hpcb',
  EXTRA_USERS: 'hpccsh:/usr/bin/tcsh hpcfish:/usr/bin/fish',
};

async function beta(result) {
  const made = {};
  const where = await cluster(made, BETA);
  result.beta = made.cluster;
  return where;
}

/** Two more, for `npm run chaos` alone: what it breaks, nobody else uses. Their nodes have other names, their users too. */
export const CHAOS = {
  gamma: { CLUSTER: 'gamma', NET: '10.79.0', NODES: '2', NODE_PREFIX: 'g', HPC_USER: 'hpcg' },
  // The one without accounting: what its controller forgets, nobody knows.
  delta: { CLUSTER: 'delta', NET: '10.80.0', NODES: '2', NODE_PREFIX: 'd', HPC_USER: 'hpcd', DBD: '0' },
};

async function chaos(result) {
  if (!existsSync('/usr/bin/faketime')) await testbed('install.sh', ['faketime']);
  result.chaos = {};
  const where = [];
  for (const [name, env] of Object.entries(CHAOS)) {
    const made = {};
    where.push(await cluster(made, env));
    result.chaos[name] = made.cluster;
  }
  return where.join(', ');
}

async function redis(result) {
  await testbed('redis-up.sh');
  result.redis = { socket: path.join(TESTBED, 'redis/redis.sock') };
  return result.redis.socket;
}

/** What tests use beside the cluster: Redis servers and sshds of their own, tools and services that recipes run, and
 * the login shells of other people. */
const TEST_TOOLS = {
  'redis-server': '/usr/bin/redis-server',
  'openssh-server': '/usr/sbin/sshd',
  'redis-tools': '/usr/bin/redis-benchmark',
  'postgresql-15': '/usr/lib/postgresql/15/bin/initdb',
  'nginx-light': '/usr/sbin/nginx',
  wrk: '/usr/bin/wrk',
  tcsh: '/usr/bin/tcsh',
  fish: '/usr/bin/fish',
  chromium: '/usr/bin/chromium',
};

async function testTools() {
  const missing = Object.entries(TEST_TOOLS).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));
  if (missing.length === 0) return 'are there';
  await testbed('install.sh', missing);
  return `apt-get: ${missing.join(' ')}`;
}

async function llm(result) {
  const models = path.join(LLM, 'models');
  result.llm = { root: LLM, models, command: path.join(LLM, 'bin/ollama-compatible') };
  const wanted = `${digest(LLM_SOURCES, ['.'])} node ${process.version}`;
  if (read(path.join(LLM, 'stamp')) === wanted) return 'unchanged';
  const stage = mkdtempSync(path.join(tmpdir(), 'sbench-llm-'));
  try {
    cpSync(LLM_SOURCES, stage, {
      recursive: true,
      filter: (file) => !SKIPPED.includes(path.relative(LLM_SOURCES, file)),
    });
    // No optional packages, no install scripts: they are for GPUs and for compiling llama.cpp.
    await npm(['ci', '--omit=optional', '--ignore-scripts'], stage);
    await testbed('llm-up.sh', [stage, process.execPath, wanted]);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  return result.llm.command;
}

async function images(result) {
  await testbed('image-up.sh');
  const folder = path.join(TESTBED, 'images');
  result.images = { folder: path.join(folder, 'redis'), file: path.join(folder, 'redis.sqfs') };
  return folder;
}

const STEPS = {
  npm: { title: 'npm packages', work: installPackages },
  build: { title: 'build', work: build },
  cluster: { title: 'Slurm cluster', work: cluster },
  beta: { title: 'second cluster', work: beta },
  chaos: { title: 'clusters to break', work: chaos },
  redis: { title: 'Redis', work: redis },
  'test-tools': { title: 'test programs', work: testTools },
  images: { title: 'container images', work: images },
  llm: { title: 'LLM server', work: llm },
};

/**
 * Sees to it that what is needed is there, and tells where:
 * `{ cluster: {name, host, port, user, key, knownHosts, ...}, beta: {the same}, chaos: {gamma, delta}, redis: {socket}, images: {folder, file}, llm: {root, models, command} }`.
 * @param {object} options
 * @param {('npm'|'build'|'cluster'|'beta'|'chaos'|'redis'|'test-tools'|'images'|'llm')[]} options.need 'redis' runs one; 'test-tools'
 *   only installs the program
 * @param {(line: string) => void} [options.log] gets one line per step
 * @param {Record<string, string>} [options.env] settings of the cluster: CLUSTER, NET, NODES, ... (testbed/README.md)
 */
export async function setUp({ need, log = logLine, env = {} }) {
  checkNode();
  if (need.some((name) => ['cluster', 'beta', 'chaos', 'redis', 'images', 'llm'].includes(name))) {
    const able = canRunCluster();
    if (!able.ok) throw new SetupError(able.why);
  }
  const result = {};
  for (const [name, { title, work }] of Object.entries(STEPS)) {
    if (!need.includes(name)) continue;
    const start = performance.now();
    const slow = setTimeout(() => log(`${title} ... (takes longer the first time)`), 3000);
    let what;
    try {
      what = await work(result, env);
    } finally {
      clearTimeout(slow);
    }
    log(`${title.padEnd(20)} ${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${what}`);
  }
  return result;
}

/** Ends the test bed and removes it; the Debian packages stay. */
export async function tearDown({ log = logLine } = {}) {
  if (!existsSync(TESTBED)) return log('nothing to remove');
  await testbed('cluster-down.sh', ['--all']);
  log('test bed removed (its Debian packages stay)');
}

async function main(args) {
  if (args.includes('--down')) return tearDown();
  const unknown = args.filter((name) => !Object.hasOwn(STEPS, name));
  if (unknown.length || !args.length) {
    throw new SetupError(`usage: node scripts/setup.mjs --down | ${Object.keys(STEPS).join(' | ')} ...`);
  }
  console.log(JSON.stringify(await setUp({ need: args }), null, 2));
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  });
}
