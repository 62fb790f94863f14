import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { Answer } from '../../src/shared/cluster/answer.ts';
import { answered, type ClusterLink, type Command } from '../../src/shared/cluster/cluster-link.ts';
import { newNonce } from '../../src/shared/ids.ts';
import { queues } from '../../src/shared/queues.ts';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import { sessionStore } from '../../src/shared/redis/session-store.ts';
import { installerText, toolPath } from '../../src/shared/slurm/remote/program.ts';
import type { ServedCluster } from '../../src/workers/served-cluster.ts';

export const INSTALLATION = 'b23456';

/** What a command of Slurm prints, and how it ends. In `out`, NONCE stands for the word that a look is asked with. */
export interface Recorded {
  code?: number;
  out?: string;
  err?: string;
}

/** Answers with what is in its file, and writes down that it was asked. */
const COMMAND = `#!/bin/sh
me=$(basename "$0")
echo "$me $*" >>"$HOME/calls"
nonce=
for word; do case $word in *'|%A|'*) nonce=\${word%%|*} ;; esac; done
sed "s/NONCE/$nonce/g" "$HOME/$me.out"
cat "$HOME/$me.err" >&2
exit "$(cat "$HOME/$me.code")"
`;

/** The remote tool as on a login node, with a Slurm that says what real ones were heard to say. */
export function recordedSlurm(redis: Redis, name = 'alpha') {
  const home = mkdtempSync(join(tmpdir(), 'sbench-recorded-'));
  const commands = ['squeue', 'sacct', 'scancel', 'scontrol', 'sbatch'] as const;
  type SlurmCommand = (typeof commands)[number];
  mkdirSync(join(home, 'bin'));
  mkdirSync(join(home, 'w', 'v1', INSTALLATION, 'sessions'), { recursive: true });
  writeFileSync(join(home, 'w', 'v1', INSTALLATION, 'identity'), 'x\n');
  for (const command of commands) writeFileSync(join(home, 'bin', command), COMMAND, { mode: 0o755 });
  spawnSync('sh', { input: installerText('w', 'n'), cwd: home });
  const say = (command: SlurmCommand, { code = 0, out = '', err = '' }: Recorded = {}) => {
    writeFileSync(join(home, `${command}.out`), out);
    writeFileSync(join(home, `${command}.err`), err);
    writeFileSync(join(home, `${command}.code`), String(code));
  };
  for (const command of commands) say(command);
  writeFileSync(join(home, 'calls'), '');

  async function run({ verb, args, stdin }: Command): Promise<Buffer> {
    const nonce = newNonce();
    const env = { PATH: `${home}/bin:/usr/bin:/bin`, HOME: home };
    const child = spawn('sh', [toolPath('w'), nonce, verb, ...args.map(String)], { cwd: home, env });
    child.stdin.on('error', () => {});
    child.stdin.end(stdin ?? '');
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const [code] = (await once(child, 'close')) as [number | null];
    const stdout = Buffer.concat(chunks);
    return answered({ kind: 'exited', code: code ?? 0, stdout, stderr: '' }, nonce, verb);
  }
  const link: ClusterLink = {
    cluster: name,
    installation: INSTALLATION,
    run,
    ask: async (command) => new Answer(await run(command)),
    start: () => Promise.reject(new Error('no stream here')),
    forward: () => Promise.reject(new Error('no tunnel here')),
    close: async () => {},
  };
  const allQueues = queues(redis);
  const served: ServedCluster = {
    name,
    redis,
    link,
    store: sessionStore(redis, async () => {}),
    cluster: clusterStore(redis, name),
    queues: allQueues,
    resultsFolder: undefined,
    secretsFolder: undefined,
    retentionS: undefined,
  };
  return {
    home,
    served,
    say,
    /** How often a command was asked. */
    asked: (command: SlurmCommand): number =>
      readFileSync(join(home, 'calls'), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith(`${command} `)).length,
    async close() {
      await allQueues.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
