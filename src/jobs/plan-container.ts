import type { RuntimeName } from '../shared/settings/runtimes.ts';
import type { ClusterSettings } from '../shared/settings/settings.ts';
import type { JobContext, JobPlan } from './job.ts';
import type { ToMake } from './made-artifact.ts';
import type { ClientFrame, ServiceFrame } from './recipe-schema.ts';
import { apptainer } from './runtimes/apptainer.ts';
import { charliecloud } from './runtimes/charliecloud.ts';
import { type ImageWish, planImage } from './runtimes/image.ts';
import { podman } from './runtimes/podman.ts';
import type { Bind, ContainerUse, Runtime } from './runtimes/runtime.ts';
import { TOKENS, type Value } from './shell-word.ts';

const RUNTIMES: Record<Exclude<RuntimeName, 'none'>, Runtime> = {
  apptainer: apptainer('apptainer'),
  singularity: apptainer('singularity'),
  charliecloud,
  podman: podman('podman'),
  docker: podman('docker'),
};

/** Where a job's commands run. */
export interface Container {
  runtime: Runtime;
  module: string | undefined;
  image: Value;
  /** Sees to it that the image is there. */
  artifact: ToMake;
  /** The job's program, with the session's folders and its name. */
  program(argv: readonly Value[]): Value[];
  /** Another command of the same job: a check, or what runs before the program. */
  beside(argv: readonly Value[]): Value[];
  /** A command of the staging: neither GPUs nor the folders of a session. */
  staging(argv: readonly Value[]): Value[];
}

export interface ContainerAsked {
  frame: ServiceFrame | ClientFrame;
  plan: JobPlan;
  context: JobContext;
  cluster: ClusterSettings;
  /** Of the service that a client talks to. */
  target?: Container | undefined;
  /** Slurm was asked for GPUs. */
  gpus: boolean;
}

/** Undefined: its commands run on the node as they are. */
export function planContainer(asked: ContainerAsked): Container | undefined {
  const { frame, context, cluster } = asked;
  const { container = {} } = frame;
  const name = container.runtime ?? cluster.container.runtime;
  const named = ['docker_source', 'image_path', 'build_commands'] as const;
  const key = named.find((each) => container[each] !== undefined);
  if (name === 'none') {
    // Said of this job itself, it switches all the rest off; of a cluster that has no runtime, something is missing.
    if (container.runtime === undefined && (key !== undefined || frame.container_image !== undefined)) {
      const at = key === undefined ? ['container_image'] : ['container', key];
      context.problem(
        at,
        `needs a container runtime: give container.runtime here or in clusters.${cluster.name}`,
      );
    }
    return undefined;
  }
  const runtime = RUNTIMES[name];
  const image = imageOf(asked, runtime);
  if (!image) {
    if (container.runtime !== undefined)
      context.problem(['container'], 'needs an image: docker_source or image_path');
    return undefined;
  }
  const use: ContainerUse = {
    image: image.image,
    binds: bindsOf(asked, name),
    folder: [{ token: 'SBENCH_WORK' }],
    gpus: asked.gpus,
    env: variablesOf(asked),
    args: argsOf(asked),
  };
  const mine: ContainerUse = { ...use, binds: [...ownBinds(name), ...use.binds] };
  const { folder: _, ...bare } = use;
  const cache: Bind = { from: context.cache, to: context.cache, readOnly: false };
  return {
    runtime,
    module: name === cluster.container.runtime ? cluster.container.module : undefined,
    ...image,
    program: (argv) => runtime.wrap({ ...mine, name: [{ token: 'SBENCH_CONTAINER' }] }, argv),
    beside: (argv) => runtime.wrap(mine, argv),
    staging: (argv) => runtime.wrap({ ...bare, binds: [cache, ...use.binds], gpus: false }, argv),
  };
}

const argsOf = ({ frame, cluster }: ContainerAsked): string[] => {
  const own = frame.container?.runtime;
  // The site's flags are its runtime's.
  const site = own === undefined || own === cluster.container.runtime ? cluster.container.args : [];
  return [...site, ...(frame.container?.args ?? [])];
};

function imageOf(asked: ContainerAsked, runtime: Runtime) {
  const { frame, plan, context, target } = asked;
  const { docker_source: source, image_path: path, build_commands, force_rebuild } = frame.container ?? {};
  const seed = frame.container_image;
  const args = argsOf(asked);
  const given = source ?? path ?? seed ?? build_commands;
  if (given === undefined) {
    if (plan.image === 'target') {
      return target?.runtime === runtime ? { image: target.image, artifact: target.artifact } : undefined;
    }
    if (plan.image === undefined) return undefined;
  }
  const own = typeof plan.image === 'object' ? plan.image.docker : undefined;
  const isSource = (text: string | undefined): text is string =>
    text !== undefined && /^[a-z0-9+.-]+:\/\//.test(text);
  const isPath = (text: string | undefined): text is string => text !== undefined && /[/$]/.test(text);
  const fromSeed = path === undefined && !isSource(seed) ? seed : undefined;
  const place = path ?? (isPath(fromSeed) ? fromSeed : undefined);
  const wish: ImageWish = {
    // A kind's own image stands in for a recipe that names none, not for one whose file is missing.
    source: source ?? (isSource(seed) ? seed : given === undefined ? own : undefined),
    path:
      place === undefined
        ? undefined
        : context.expand(
            place,
            path === undefined ? ['container_image'] : ['container', 'image_path'],
            'path',
          ),
    name: isPath(fromSeed) ? undefined : fromSeed,
    buildCommands: build_commands,
    forceRebuild: force_rebuild,
    args,
  };
  if (force_rebuild && wish.source === undefined && build_commands === undefined)
    context.problem(['container', 'force_rebuild'], 'needs a docker_source or build_commands to build from');
  return planImage(wish, runtime, context.cache);
}

/** What every command of a session may need: its own folders, and the programs that sbench brought. */
function ownBinds(runtime: RuntimeName): Bind[] {
  // Its shell function binds them where they are not visible anyway: a folder that an image lacks cannot be bound.
  if (runtime === 'charliecloud') return [];
  const same = (token: 'SBENCH_DIR' | 'SBENCH_BIN' | 'HOME', readOnly = false): Bind => ({
    from: [{ token }],
    to: [{ token }],
    readOnly,
  });
  const home = runtime === 'podman' || runtime === 'docker' ? [same('HOME')] : [];
  return [...home, same('SBENCH_DIR'), same('SBENCH_BIN', true)];
}

function bindsOf({ frame, plan, context }: ContainerAsked, runtime: RuntimeName): Bind[] {
  const recipe = (frame.container?.bind_mounts ?? []).map((text, index) => {
    const at = ['container', 'bind_mounts', index];
    return readBind(context.expand(text, at, 'path'), (message) => context.problem(at, message));
  });
  const kinds = plan.binds.map((value) =>
    readBind(value, (message) => {
      throw new Error(`a kind's bind ${message}`);
    }),
  );
  const all = [...kinds, ...recipe];
  if (runtime === 'charliecloud' && all.some(({ readOnly }) => readOnly))
    context.note('charliecloud has no read-only binds: what is bound :ro can be written');
  const odd = all.findIndex(({ from, to }) =>
    [...from, ...to].some((part) => typeof part === 'string' && part.includes(',')),
  );
  if ((runtime === 'apptainer' || runtime === 'singularity') && odd >= kinds.length)
    context.problem(
      ['container', 'bind_mounts', odd - kinds.length],
      `has a comma, at which ${runtime} splits it`,
    );
  return all;
}

/** `host`, `host:inside` or `host:inside:ro`. */
function readBind(value: Value, problem: (message: string) => void): Bind {
  const parts: Value[] = [[]];
  for (const part of value) {
    const [first = '', ...rest] = typeof part === 'string' ? part.split(':') : [part];
    const last = parts.length - 1;
    parts[last] = [...(parts[last] ?? []), ...(first === '' ? [] : [first])];
    parts.push(...rest.map((text): Value => (text === '' ? [] : [text])));
  }
  const [from = [], to = from, mode = ['rw'], ...more] = parts;
  const word = mode.join('');
  if (from.length === 0 || to.length === 0 || more.length > 0)
    problem('must be host:inside or host:inside:ro');
  else if (word !== 'ro' && word !== 'rw') problem(`ends in '${word}'; it can be ro or rw`);
  else if (typeof to[0] === 'string' && !to[0].startsWith('/')) problem('must name absolute folders');
  return { from, to, readOnly: word === 'ro' };
}

/** What runtimes that start with an empty environment have to be told by name. */
function variablesOf({ frame, plan }: ContainerAsked): string[] {
  const names = [
    ...TOKENS.filter((token) => token !== 'SBENCH_NEW'),
    'CUDA_VISIBLE_DEVICES',
    'SLURM_JOB_ID',
    'SLURM_CPUS_PER_TASK',
    ...plan.env.map(([name]) => name),
    ...Object.keys(frame.environment ?? {}),
  ];
  return [...new Set(names)];
}
