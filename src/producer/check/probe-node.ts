import { setTimeout as pause } from 'node:timers/promises';
import { sbatchArguments } from '../../jobs/sbatch-arguments.ts';
import { shellWord, shellWords } from '../../jobs/shell-word.ts';
import type { Visit } from '../../shared/cluster/visit-cluster.ts';
import { AnswerError } from '../../shared/errors.ts';
import { newNonce } from '../../shared/ids.ts';
import type { ClusterSettings } from '../../shared/settings/settings.ts';
import { sha256 } from '../../shared/slurm/remote/place.ts';

/** The programs by which runtimes are called. */
const RUNTIMES = {
  apptainer: 'apptainer',
  singularity: 'singularity',
  charliecloud: 'ch-run',
  podman: 'podman',
  docker: 'docker',
};

/** What a compute node says about itself, or why none did. */
export type Probe =
  | { is: 'said'; id: string; words: ReadonlyMap<string, string>; modules: string[] }
  | { is: 'refused'; why: string }
  /** Slurm still has it in the queue. */
  | { is: 'waiting'; state: string; seconds: number }
  /** It ended, and wrote nothing that the login node sees. */
  | { is: 'silent'; state: string; why: string };

/** Submits a tiny Slurm job, waits for its word, and removes all of it. */
export async function probeNode(
  visit: Visit,
  settings: ClusterSettings,
  { waitS, signal }: { waitS: number; signal?: AbortSignal },
): Promise<Probe> {
  const nonce = newNonce();
  const script = Buffer.from(probeScript(settings));
  const small = { nodes: '1', ntasks: '1', time: '5m' };
  const { gres, gpus, gpus_per_node, nodelist, ...defaults } = settings.defaults;
  const options = Buffer.from(
    sbatchArguments([defaults, small])
      .options.map((option) => `${option}\n`)
      .join(''),
  );
  const data = Buffer.concat([options, script]);
  try {
    const answer = await visit.ask('probe-submit', [nonce, sha256(data), data.length, options.length], data);
    if (answer.has('cut'))
      throw new AnswerError('the probe could not be kept on the cluster: is the disk full?');
    if (answer.number('sbatch') !== 0) return { is: 'refused', why: answer.text('why') || 'sbatch failed' };
    return await listen(visit, nonce, answer.get('id') ?? '?', waitS, signal);
  } finally {
    await visit.ask('probe-end', [nonce]).catch(() => undefined);
  }
}

async function listen(
  visit: Visit,
  nonce: string,
  id: string,
  waitS: number,
  signal?: AbortSignal,
): Promise<Probe> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  let ended = 0;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await visit.ask('probe-look', [nonce]);
    if (answer.has('said')) return { is: 'said', id, ...readWords(answer.text('said')) };
    const state = answer.text('state');
    // Its file may come later than Slurm's word: NFS.
    if (!/^(PENDING|CONFIGURING|RUNNING|SUSPENDED|COMPLETING)/.test(state)) ended += 1;
    if (ended > 3) return { is: 'silent', state: state || 'gone', why: answer.text('err') };
    if (seconds() > waitS) return { is: 'waiting', state, seconds: Math.round(seconds()) };
    await pause(Math.min(10_000, 1_000 + seconds() * 100));
  }
}

function readWords(text: string): { words: Map<string, string>; modules: string[] } {
  const lines = text.split('\n').map((line) => {
    const space = line.indexOf(' ');
    return space < 0
      ? ([line, ''] as const)
      : ([line.slice(0, space), line.slice(space + 1).trim()] as const);
  });
  return {
    words: new Map(lines.filter(([word]) => word !== 'module')),
    modules: lines.filter(([word]) => word === 'module').map(([, rest]) => rest),
  };
}

function probeScript({ modules, container }: ClusterSettings): string {
  const wanted = [...modules, ...(container.module === undefined ? [] : [container.module])];
  return `#!/bin/bash
umask 077
set +u
for file in /etc/profile.d/modules.sh /etc/profile.d/lmod.sh /etc/profile.d/z00_lmod.sh /usr/share/lmod/lmod/init/bash; do
  type module >/dev/null 2>&1 && break
  [ -r "$file" ] && . "$file" >/dev/null 2>&1
done
{
  echo "host $(uname -n)"
  echo "arch $(uname -m)"
  echo "libc $(getconf GNU_LIBC_VERSION 2>/dev/null)"
  echo "partition \${SLURM_JOB_PARTITION:-}"
  echo "folder $PWD"
  echo "umask $(umask)"
  echo "now $(date +%s)"
  echo "home $( [ -w "$HOME" ] && echo writable)"
  type module >/dev/null 2>&1 && echo "has-modules yes"
  for name in ${wanted.length === 0 ? '' : shellWords(wanted)}; do
    module load "$name" >/dev/null 2>&1 || echo "not-loaded $name"
  done
${Object.entries(RUNTIMES)
  .map(
    ([name, program]) => `  found=$(command -v ${program}) && echo ${shellWord(`runtime-${name}`)} "$found"`,
  )
  .join('\n')}
  found=$(command -v node) && echo "node $found $(node --version 2>/dev/null)"
  type module >/dev/null 2>&1 &&
    module -t avail 2>&1 | grep -iE '^(apptainer|singularity|charliecloud|podman|docker|node)[a-z]*(/|$)' | head -n 20 | sed 's/^/module /'
} >.said 2>/dev/null
mv .said said
`;
}
