/** Hosts, workers on them, and the Redis between them, with a password and over TCP as across a network. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const REPO = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const HOST = path.join(REPO, 'testbed', 'host.sh');
const MAIN = path.join(REPO, 'dist', 'cli', 'main.js');

/** @param {{cluster: object, folder: string, hosts: number, log: (line: string) => void}} given */
export async function openFleet({ cluster, folder, hosts, log }) {
  // This machine, as the hosts see it: the .254 of the cluster's network.
  const address = cluster.host.replace(/\.\d+$/, '.254');
  const root = path.dirname(cluster.state);
  for (let host = 1; host <= hosts; host++) execFileSync('bash', [HOST, 'up', String(host)]);
  const redis = await startRedis(address, folder);
  const workers = new Map();
  let cpuEnded = 0;

  function startWorker(host, config) {
    const words = [HOST, 'run', String(host), process.execPath, MAIN, 'worker', '--config', config];
    const child = spawn('bash', [...words, '--drain-timeout', '60s'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A dead worker's actions are taken over when its locks run out.
      env: { ...process.env, SBENCH_LOCK_MS: '5000' },
    });
    const worker = { child, log: '' };
    child.stderr.on('data', (chunk) => {
      worker.log = (worker.log + chunk).slice(-20_000);
    });
    workers.set(host, worker);
    log(`w${host}: a worker starts`);
    return child;
  }

  async function end(host, signal) {
    const { child, log: said } = workers.get(host);
    cpuEnded += cpuOf(child.pid);
    workers.delete(host);
    if (child.exitCode !== null) throw new Error(`the worker on w${host} had ended by itself:\n${said}`);
    child.kill(signal);
    const start = performance.now();
    const [code] = await once(child, 'exit');
    log(`w${host}: ${signal}, exit code ${code} after ${Math.round(performance.now() - start)} ms`);
    return code;
  }

  return {
    cluster,
    redisUrl: redis.url,
    /** The same path on each host, and another folder. */
    disk: path.join(root, 'disk'),
    home: onLogin(cluster, 'pwd').trim(),
    startWorker,
    kill9: (host) => end(host, 'SIGKILL'),
    drain: (host) => end(host, 'SIGTERM'),
    /** The command line on a host. @returns its stdout. */
    async sbench(host, config, words) {
      const all = [HOST, 'run', String(host), process.execPath, MAIN, ...words, '--config', config];
      return (await promisify(execFile)('bash', all)).stdout;
    },
    onLogin: (command) => onLogin(cluster, command),
    /** What the workers and Redis used. */
    async cpuSeconds() {
      const live = [...workers.values()].map(({ child }) => cpuOf(child.pid));
      const sum = live.reduce((a, b) => a + b, cpuEnded);
      return { workers: Math.round(sum), redis: Math.round(cpuOf(redis.pid)) };
    },
    async close() {
      for (const host of [...workers.keys()]) await end(host, 'SIGKILL').catch(() => undefined);
      await redis.stop();
    },
  };
}

async function startRedis(address, folder) {
  const port = await freePort(address);
  const password = randomBytes(16).toString('hex');
  const settings = {
    bind: address,
    port,
    dir: folder,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // Not as an argument, which everybody's `ps` shows.
  const child = spawn('redis-server', ['-', ...words], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(`requirepass ${password}\n`);
  const url = `redis://:${password}@${address}:${port}`;
  const ping = () =>
    promisify(execFile)('redis-cli', ['-h', address, '-p', String(port), 'ping'], {
      env: { ...process.env, REDISCLI_AUTH: password },
    });
  for (let tries = 0; ; tries++) {
    const { stdout } = await ping().catch(() => ({ stdout: '' }));
    if (stdout.startsWith('PONG')) break;
    if (child.exitCode !== null || tries > 100)
      throw new Error(`redis-server does not answer at ${address}:${port}`);
    await pause(50);
  }
  return {
    url,
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function freePort(address) {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** User and system seconds of a process. */
function cpuOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** By OpenSSH: a way to the truth that is not ours. */
function onLogin(cluster, command) {
  return execFileSync('ssh', ['-F', cluster.sshConfig, cluster.name, 'sh'], {
    input: command,
    encoding: 'utf8',
  });
}
