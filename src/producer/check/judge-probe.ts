import type { ClusterSettings } from '../../shared/settings/settings.ts';
import type { Survey } from '../../shared/slurm/survey.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import type { Probe } from './probe-node.ts';

/** What Node.js's own builds ask for. */
const OLDEST_LIBC = [2, 28] as const;

/** What a compute node's own words, or its silence, mean for sessions. */
export function judgeProbe(probe: Probe, settings: ClusterSettings, survey: Survey): Finding[] {
  switch (probe.is) {
    case 'refused':
      return [
        fail(
          'slurm job',
          `sbatch says: ${probe.why}`,
          `Set what the site wants in \`clusters.${settings.name}.defaults\`.`,
        ),
      ];
    case 'waiting':
      return [
        warn(
          'slurm job',
          `still ${probe.state || 'in the queue'} after ${probe.seconds} s; cancelled`,
          'Wait longer with --wait 30m, or leave it out with --no-job.',
        ),
      ];
    case 'silent':
      return [
        fail(
          'slurm job',
          `it ended (${probe.state}), and nothing it wrote is in ${survey.folder}${probe.why ? `: ${probe.why}` : ''}`,
          'Compute nodes must see the workdir: give the cluster a `workdir` on a shared file system.',
        ),
      ];
    case 'said':
      return judgeWords(probe, settings, survey);
    default:
      return probe satisfies never;
  }
}

function judgeWords(probe: Probe & { is: 'said' }, settings: ClusterSettings, survey: Survey): Finding[] {
  const word = (name: string) => probe.words.get(name) ?? '';
  const found = [
    ok(
      'slurm job',
      `${probe.id} ran on ${word('host')} in partition ${word('partition')}, in the same workdir`,
    ),
  ];
  const offsetS = Number(word('now')) - survey.nowS;
  // The login node was asked before: what passed since then is no offset.
  if (offsetS < -LARGE_OFFSET_S) found.push(warn('node clock', `${-offsetS} s behind the login node's`));
  if (word('home') !== 'writable')
    found.push(warn('home', 'the home folder cannot be written on compute nodes', 'Put `cache` elsewhere.'));
  const missing = word('not-loaded');
  if (missing) found.push(fail('modules', `module load ${missing} fails in a Slurm job`));
  return [...found, runtime(probe, settings), node(probe)];
}

const LARGE_OFFSET_S = 60;

function runtime({ words, modules }: Probe & { is: 'said' }, { container, name }: ClusterSettings): Finding {
  const there = [...words].filter(([word]) => word.startsWith('runtime-'));
  const names =
    there.map(([word, path]) => `${word.slice(8)} (${path})`).join(', ') || 'no container runtime';
  if (container.runtime === 'none')
    return ok('runtime', `none is configured; in a Slurm job's PATH: ${names}`);
  const path = words.get(`runtime-${container.runtime}`);
  if (path !== undefined) return ok('runtime', `${container.runtime}: ${path}`);
  const offered = modules
    .filter((module) => !module.startsWith('node'))
    .map((module) => module.replace(/\(.*/, ''));
  return fail(
    'runtime',
    `${container.runtime} is not in a Slurm job's PATH; there: ${names}${offered.length > 0 ? `; \`module avail\` offers ${offered.join(', ')}` : ''}`,
    offered[0] === undefined
      ? `Install it, or set clusters.${name}.container.runtime to one that is there.`
      : `Set clusters.${name}.container.module: ${offered[0]}`,
  );
}

function node({ words, modules }: Probe & { is: 'said' }): Finding {
  const arch = words.get('arch') ?? '';
  const ours = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string];
  const libc = words.get('libc') ?? '';
  const [major = 0, minor = 0] = (/(\d{1,4})\.(\d{1,4})/.exec(libc) ?? []).slice(1).map(Number);
  const recent = major > OLDEST_LIBC[0] || (major === OLDEST_LIBC[0] && minor >= OLDEST_LIBC[1]);
  const text = `${arch}, ${libc || 'no glibc'}`;
  if (process.platform === 'linux' && arch === ours && recent)
    return ok('node.js', `${text}: this machine's Node.js ${process.version} runs there`);
  const own = words.get('node');
  const module = modules.find((name) => name.startsWith('node'));
  return warn(
    'node.js',
    `${text}: this machine's Node.js (${process.platform} ${process.arch}) does not run there${own ? `; it has ${own}` : ''}`,
    module === undefined
      ? 'Run a worker on a machine like it, or give clients a module or an image with Node.js.'
      : `Give clients \`modules: [${module.replace(/\(.*/, '')}]\`.`,
  );
}
