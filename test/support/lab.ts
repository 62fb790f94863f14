import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enqueueSession } from '../../src/producer/enqueue-session.ts';
import { type LoadgenBlob, loadLoadgen } from '../../src/producer/load-loadgen.ts';
import { type PlanRequest, planSession } from '../../src/producer/plan-session.ts';
import { planStagings } from '../../src/producer/plan-staging.ts';
import { sshTargetOf } from '../../src/shared/cluster/ssh-target-of.ts';
import type { Plan } from '../../src/shared/plan/plan.ts';
import { queues } from '../../src/shared/queues.ts';
import { installationId } from '../../src/shared/redis/cluster-store.ts';
import { connectRedis } from '../../src/shared/redis/connect.ts';
import { sessionStore } from '../../src/shared/redis/session-store.ts';
import { isOver, type SessionRecord } from '../../src/shared/session/record.ts';
import { loadSettings } from '../../src/shared/settings/load-settings.ts';
import type { ClusterSettings } from '../../src/shared/settings/settings.ts';
import { sha256 } from '../../src/shared/slurm/remote/place.ts';
import { startRedis } from './redis.ts';
import { type ClusterFacts, testbedFacts } from './testbed.ts';
import { until } from './until.ts';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface LabOptions {
  /** Which of the test bed's, the first is the default one; else alpha alone. */
  clusters?: ('alpha' | 'beta')[];
  /** Reaches the first cluster at this address, e.g. a fault proxy's. */
  via?: { host: string; port: number };
  /** Somebody else on the first cluster: beta has `hpccsh` and `hpcfish`. */
  user?: string;
}

export interface LabWorker {
  pid: number;
  log(): string;
  /** As a power cut would. */
  kill9(): Promise<void>;
  /** SIGTERM, and waits for the drain. @returns its exit code. */
  stop(): Promise<number | null>;
}

/** An installation of its own on the real cluster: Redis, configuration, workers, and a ledger of effects. */
export type Lab = Awaited<ReturnType<typeof openLab>>;

export async function openLab({ clusters: wanted = ['alpha'], via, user }: LabOptions = {}) {
  const { cluster: alpha, beta, llm } = testbedFacts();
  const [cluster, ...others] = wanted.map((name, index): ClusterFacts => {
    const facts = { alpha, beta }[name];
    return index === 0 && user !== undefined ? { ...facts, user } : facts;
  });
  if (!cluster) throw new Error('a lab has at least one cluster');
  const clusters = [cluster, ...others];
  const onAll = (command: string) => clusters.map((each) => onLogin(each, command)).join('');
  const folder = mkdtempSync(join(tmpdir(), 'sbench-lab-'));
  const redisServer = await startRedis();
  const config = writeConfiguration(folder, clusters, llm.root, redisServer.url, via);
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

  async function plan(
    recipeText: string,
    set: string[] = [],
    patch: Partial<ClusterSettings> = {},
    planOne: (request: PlanRequest) => Plan = planSession,
  ): Promise<{ plan: Plan; loadgen: LoadgenBlob }> {
    const patched = Object.entries(settings.clusters).map(([name, each]) => [name, { ...each, ...patch }]);
    const loadgen = await loadLoadgen();
    return {
      loadgen,
      plan: planOne({
        recipeText,
        file: 'recipe.yaml',
        settings: { ...settings, clusters: Object.fromEntries(patched) },
        overrides: set,
        version: 'test',
        blobs: { loadgen: { sha256: loadgen.sha256, bytes: loadgen.bytes } },
        resolveTarget: sshTargetOf,
      }),
    };
  }

  async function submit(
    recipeText: string,
    {
      key,
      set,
      cluster: patch,
      stage = false,
    }: {
      key?: string;
      set?: string[];
      /** Settings of the cluster that this session alone has. */
      cluster?: Partial<ClusterSettings>;
      /** Only what it needs. */
      stage?: boolean;
    } = {},
  ): Promise<string> {
    const { plan: planned, loadgen } = await plan(recipeText, set, patch, stage ? planStaging : planSession);
    return (await enqueueSession({ redis, store, queues: allQueues }, planned, { key, blobs: [loadgen] })).id;
  }

  function startWorker(env: NodeJS.ProcessEnv = {}, words: string[] = []): LabWorker {
    const child = spawn(process.execPath, [MAIN, 'worker', '--config', config, ...words], {
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
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, 'exit');
      }
      return child.exitCode;
    };
    return {
      pid: child.pid ?? 0,
      log: () => log,
      kill9: async () => void (await end('SIGKILL')),
      stop: () => end('SIGTERM'),
    };
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
    /** All of them, the first included. */
    clusters,
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
      onAll(`cat ${ledgerFile} 2>/dev/null; true`)
        .split('\n')
        .filter(Boolean)
        .map((line) => ({ name: line.split(' ')[0] ?? '', id: line.split(' ')[1] ?? '' })),
    /** The roles of a session whose Slurm jobs had an effect: each once, or something ran twice. */
    effects: (id: string): string[] =>
      onAll(`cat ${ledgerFile} 2>/dev/null; true`)
        .split('\n')
        .filter((line) => line.includes(`-${id}-`))
        .map((line) => line.split(' ')[0]?.split('-').at(-1) ?? '')
        .sort(),
    onLogin: (command: string, where = cluster) => onLogin(where, command),
    /** The worker's Node.js is on the clusters already, when the test bed's is the same: each lab would send 100 MB. */
    placeNode: () => {
      const name = sha256(readFileSync(process.execPath));
      const bin = `.sbench/v1/${installation}/bin`;
      const node = `${llm.root}/node/bin/node`;
      const same = `sha256sum ${node} | grep -q ${name} && cp ${node} ${bin}/${name}; true`;
      onAll(`umask 077; mkdir -p ${bin}; ${same}`);
    },
    /** Accounting's word on a Slurm job: `FAILED 3:0`. It comes a moment after the end. */
    accounted: (id: number | string): string =>
      onLogin(cluster, `sacct -X -n -P -j ${id} -o State,ExitCode`).trim().replace('|', ' '),
    /** Slurm jobs of this installation that are still in Slurm's hands, on all its clusters. */
    liveSlurmJobs: () =>
      onAll(`squeue -a --me -h -o '%A %T %j'`)
        .split('\n')
        .filter((line) => line.includes(` sb-${installation}-`)),
    async close() {
      for (const child of workers) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      onAll(
        `squeue -a --me -h -o '%A %j' | grep ' sb-${installation}-' | cut -d' ' -f1 | xargs -r scancel; rm -rf ${ledgerFile} .sbench/v1/${installation}`,
      );
      await allQueues.close();
      redis.disconnect();
      await redisServer.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const planStaging = (request: PlanRequest): Plan => planStagings(request)[0] as Plan;

function writeConfiguration(
  folder: string,
  clusters: ClusterFacts[],
  llm: string,
  redisUrl: string,
  via: LabOptions['via'],
): string {
  const file = join(folder, 'sbench.config.yaml');
  const sections = clusters.map((cluster, index) =>
    clusterSection(folder, cluster, llm, (index === 0 && via) || cluster),
  );
  writeFileSync(
    file,
    `default_cluster: ${clusters[0]?.name}
clusters:
${sections.join('')}redis: ${redisUrl}
results: ${join(folder, 'results')}
`,
  );
  return file;
}

function clusterSection(
  folder: string,
  cluster: ClusterFacts,
  llm: string,
  { host, port }: { host: string; port: number },
): string {
  // Behind a proxy the login node has another address, and the same host key.
  const knownHosts = join(folder, `known_hosts_${cluster.name}`);
  const keys = readFileSync(cluster.knownHosts, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/).slice(1).join(' '));
  writeFileSync(knownHosts, keys.map((key) => `[${host}]:${port} ${key}\n${host} ${key}\n`).join(''));
  return `  ${cluster.name}:
    hostname: ${host}
    port: ${port}
    username: ${cluster.user}
    key_filename: ${cluster.key}
    known_hosts: ${knownHosts}
    variables: {LLM: ${llm}}
`;
}

/** Runs a command on the login node as the cluster's user, by OpenSSH: a way to the truth that is not ours. */
export function onLogin(cluster: ClusterFacts, command: string): string {
  const words = ['-F', cluster.sshConfig, '-l', cluster.user, cluster.name, 'sh'];
  // As input to sh: not everybody's login shell would read it so.
  const { status, stdout, stderr } = spawnSync('ssh', words, { encoding: 'utf8', input: command });
  if (status !== 0 && status !== 1) throw new Error(`ssh ${command}: ${stderr}`);
  return stdout;
}
