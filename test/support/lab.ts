import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enqueueSession } from '../../src/producer/enqueue-session.ts';
import { type LoadgenBlob, loadLoadgen } from '../../src/producer/load-loadgen.ts';
import { planSession } from '../../src/producer/plan-session.ts';
import { sshTargetOf } from '../../src/shared/cluster/ssh-target-of.ts';
import type { Plan } from '../../src/shared/plan/plan.ts';
import { queues } from '../../src/shared/queues.ts';
import { installationId } from '../../src/shared/redis/cluster-store.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { sessionStore } from '../../src/shared/redis/session-store.ts';
import { isOver, type SessionRecord } from '../../src/shared/session/record.ts';
import { loadSettings } from '../../src/shared/settings/load-settings.ts';
import { startRedis } from './redis.ts';
import { type ClusterFacts, testbedFacts } from './testbed.ts';
import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface LabOptions {
  /** Reaches the cluster at this address, e.g. a fault proxy's. */
  via?: { host: string; port: number };
}

export interface LabWorker {
  pid: number;
  log(): string;
  /** As a power cut would. */
  kill9(): Promise<void>;
  /** SIGTERM, and waits for the drain. */
  stop(): Promise<void>;
}

/** An installation of its own on the real cluster: Redis, configuration, workers, and a ledger of effects. */
export type Lab = Awaited<ReturnType<typeof openLab>>;

export async function openLab({ via }: LabOptions = {}) {
  const { cluster, llm } = testbedFacts();
  const folder = mkdtempSync(join(tmpdir(), 'sbench-lab-'));
  const redisServer = await startRedis();
  const config = writeConfiguration(folder, cluster, llm.root, redisServer.url, via);
  const settings = loadSettings({ config, cwd: folder, env: {}, home: folder });
  const redis = await connectRedis(redisServer.url, 'ask');
  // A test may take its Redis away for a moment.
  redis.options.retryStrategy = () => 100;
  const allQueues = queues(redis);
  const store = sessionStore(redis, ({ record, plan }) => allQueues.wake(record, plan));
  const installation = await installationId(redis);
  const workers = new Set<ChildProcess>();
  // In the home folder that login node and compute nodes share. Each Slurm job writes one line at its start.
  const ledgerFile = `ledger-${installation}`;

  async function plan(recipeText: string, set: string[] = []): Promise<{ plan: Plan; loadgen: LoadgenBlob }> {
    const loadgen = await loadLoadgen();
    return {
      loadgen,
      plan: planSession({
        recipeText,
        file: 'recipe.yaml',
        settings,
        overrides: set,
        version: 'test',
        blobs: { loadgen: { sha256: loadgen.sha256, bytes: loadgen.bytes } },
        resolveTarget: sshTargetOf,
      }),
    };
  }

  async function submit(
    recipeText: string,
    { key, set }: { key?: string; set?: string[] } = {},
  ): Promise<string> {
    const { plan: planned, loadgen } = await plan(recipeText, set);
    return (await enqueueSession({ redis, store, queues: allQueues }, planned, { key, blobs: [loadgen] })).id;
  }

  function startWorker(env: NodeJS.ProcessEnv = {}): LabWorker {
    const child = spawn(process.execPath, [MAIN, 'worker', '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // Short locks, so that a dead worker's actions are taken over within seconds.
      env: { ...process.env, SBENCH_LOCK_MS: '3000', ...env },
    });
    let log = '';
    child.stderr.on('data', (chunk) => {
      log += chunk;
    });
    workers.add(child);
    const end = async (signal: NodeJS.Signals) => {
      workers.delete(child);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    };
    return { pid: child.pid ?? 0, log: () => log, kill9: () => end('SIGKILL'), stop: () => end('SIGTERM') };
  }

  const record = async (id: string): Promise<SessionRecord> => {
    const session = await store.read(id);
    if (!session) throw new Error(`no session ${id}`);
    return session.record;
  };
  const untilRecord = (
    id: string,
    what: string,
    test: (record: SessionRecord) => boolean,
    withinMs = 90_000,
  ) =>
    until(
      `session ${id} ${what}`,
      async () => {
        const now = await record(id);
        return test(now) ? now : undefined;
      },
      withinMs,
    ).catch(async (error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(await record(id))}`);
    });

  return {
    folder,
    config,
    settings,
    redis,
    redisServer,
    store,
    queues: allQueues,
    cluster,
    installation,
    plan,
    submit,
    startWorker,
    record,
    untilRecord,
    untilOver: (id: string, withinMs = 120_000) => untilRecord(id, 'is over', isOver, withinMs),
    timeline: async (id: string): Promise<{ what: string; role?: string; text: string }[]> =>
      (await redis.xrange(`sbench:session:${id}:timeline`, '-', '+')).map(([, fields]) =>
        JSON.parse(fields[1] ?? ''),
      ),
    cli: (...words: string[]) =>
      spawnSync(process.execPath, [MAIN, ...words, '--config', config], { encoding: 'utf8' }),
    /** The same without blocking this process, for commands that take long. */
    run: (...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
      new Promise((resolve) => {
        const child = execFile(process.execPath, [MAIN, ...words, '--config', config], (_, stdout, stderr) =>
          resolve({ status: child.exitCode ?? -1, stdout, stderr }),
        );
      }),
    /** A line for a recipe's `setup:` that records that this Slurm job had an effect. */
    ledgerLine: `echo "$SLURM_JOB_NAME $SLURM_JOB_ID" >> "$HOME/${ledgerFile}"`,
    /** What the Slurm jobs of this installation did, read on the cluster. */
    ledger: (): { name: string; id: string }[] =>
      onLogin(cluster, `cat ${ledgerFile} 2>/dev/null; true`)
        .split('\n')
        .filter(Boolean)
        .map((line) => ({ name: line.split(' ')[0] ?? '', id: line.split(' ')[1] ?? '' })),
    /** The roles of a session whose Slurm jobs had an effect: each once, or something ran twice. */
    effects: (id: string): string[] =>
      onLogin(cluster, `cat ${ledgerFile} 2>/dev/null; true`)
        .split('\n')
        .filter((line) => line.includes(`-${id}-`))
        .map((line) => line.split(' ')[0]?.split('-').at(-1) ?? '')
        .sort(),
    onLogin: (command: string) => onLogin(cluster, command),
    /** Accounting's word on a Slurm job: `FAILED 3:0`. It comes a moment after the end. */
    accounted: (id: number | string): string =>
      onLogin(cluster, `sacct -X -n -P -j ${id} -o State,ExitCode`).trim().replace('|', ' '),
    /** Slurm jobs of this installation that are still in Slurm's hands. */
    liveSlurmJobs: () =>
      onLogin(cluster, `squeue -a --me -h -o '%i %T %j'`)
        .split('\n')
        .filter((line) => line.includes(` sb-${installation}-`)),
    async close() {
      for (const child of workers) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      const left = onLogin(
        cluster,
        `squeue -a --me -h -o '%i %j' | grep ' sb-${installation}-' | cut -d' ' -f1`,
      );
      for (const id of left.split('\n').filter(Boolean)) onLogin(cluster, `scancel ${id}`);
      onLogin(cluster, `rm -rf ${ledgerFile} .sbench/v1/${installation}`);
      await allQueues.close();
      redis.disconnect();
      await redisServer.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeConfiguration(
  folder: string,
  cluster: ClusterFacts,
  llm: string,
  redisUrl: string,
  via: LabOptions['via'],
): string {
  const file = join(folder, 'sbench.config.yaml');
  // Behind a proxy the login node has another address, and the same host key.
  const knownHosts = join(folder, 'known_hosts');
  const keys = readFileSync(cluster.knownHosts, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/).slice(1).join(' '));
  const { host, port } = via ?? cluster;
  writeFileSync(knownHosts, keys.map((key) => `[${host}]:${port} ${key}\n${host} ${key}\n`).join(''));
  writeFileSync(
    file,
    `clusters:
  ${cluster.name}:
    hostname: ${host}
    port: ${port}
    username: ${cluster.user}
    key_filename: ${cluster.key}
    known_hosts: ${knownHosts}
    variables: {LLM: ${llm}}
redis: ${redisUrl}
results: ${join(folder, 'results')}
`,
  );
  return file;
}

/** Runs a command on the login node as the cluster's user, by OpenSSH: a way to the truth that is not ours. */
export function onLogin(cluster: ClusterFacts, command: string): string {
  const words = ['-F', cluster.sshConfig, cluster.name, command];
  const { status, stdout, stderr } = spawnSync('ssh', words, { encoding: 'utf8', input: '' });
  if (status !== 0 && status !== 1) throw new Error(`ssh ${command}: ${stderr}`);
  return stdout;
}
