import type { RolePlan, SecretPlace, ToolOutput } from '../shared/plan/plan.ts';
import type { ClusterSettings } from '../shared/settings/settings.ts';
import { pathName } from '../shared/yaml/issue-words.ts';
import type { LocatedSource, Path } from '../shared/yaml/located-source.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import type { Problems } from '../shared/yaml/problems.ts';
import { batchScript, type RoleSpec } from './batch-script.ts';
import { looksSecret } from './environment.ts';
import { CLIENT_TOKENS, expand, isOurs, SERVICE_TOKENS, undeclaredWords, VARIABLE_TOKENS } from './expand.ts';
import { checkLimitS } from './health-check.ts';
import type { Blob, JobContext, JobPlan, Step } from './job.ts';
import { madeArtifact } from './made-artifact.ts';
import type { FolderPacker } from './packed-folder.ts';
import { type Container, planContainer } from './plan-container.ts';
import type { ClientEntry, ServiceEntry } from './read-recipe.ts';
import { readinessOf } from './readiness.ts';
import type { ClientFrame, ServiceFrame } from './recipe-schema.ts';
import { sbatchArguments } from './sbatch-arguments.ts';
import type { Token, Value } from './shell-word.ts';

/** What all roles of a session share. */
export interface SessionContext {
  source: LocatedSource;
  problems: Problems;
  notes: Set<string>;
  cluster: ClusterSettings;
  /** Whose home folder it is, on the cluster. */
  username: string;
  variables: ReadonlyMap<string, Value>;
  /** The cluster's large folder. */
  cache: Value;
  version: string;
  preamble: string;
  hasClients: boolean;
  blobs: { loadgen: Blob };
  folders: FolderPacker;
  /** Of the services, by role: a client may run in its service's image. */
  containers: Map<string, Container | undefined>;
  limits: { queueS: number; startS: number; runS: number | undefined; maxIdleS: number; deadManS: number };
}

export function planService(entry: ServiceEntry, session: SessionContext): RolePlan {
  const frame: ServiceFrame = entry.job.recipe;
  const { listens } = entry.job;
  const tokens = listens ? SERVICE_TOKENS : without(SERVICE_TOKENS, 'SBENCH_PORT');
  const context = jobContext(entry.at, tokens, session);
  const plan = entry.job.plan(context);
  const readiness = readinessOf(frame.health_check, plan.readiness, context, {
    listens,
    generic: entry.job.kind === 'container',
  });
  const { options, timeLimitS, gpus } = resources(entry.at, frame, session);
  const startLimitS = startLimit(entry.at, frame, session);
  const container = planContainer({ frame, plan, context, cluster: session.cluster, gpus });
  session.containers.set(entry.role, container);
  const hidden = secrets(entry, frame, session);
  const script = batchScript({
    ...commonSpec(entry, frame, plan, tokens, hidden, session, container),
    side: 'service',
    port: plan.port,
    password: plan.password,
    readiness:
      readiness.probe === 'command'
        ? { ...readiness, argv: container ? container.beside(readiness.argv) : readiness.argv }
        : readiness,
  });
  return {
    role: entry.role,
    side: 'service',
    kind: entry.job.kind,
    name: entry.name,
    script,
    options,
    needs: [],
    ...(listens ? { endpoint: plan.endpoint } : {}),
    timeLimitS,
    queueLimitS: frame.timeouts?.queue ?? session.limits.queueS,
    startLimitS,
    runLimitS: frame.timeouts?.run ?? session.limits.runS,
    artifacts: artifacts(frame, plan, container, session),
    resultParser: plan.resultParser,
    ...namesOf(hidden),
  };
}

export function planClient(entry: ClientEntry, target: RolePlan, session: SessionContext): RolePlan {
  const frame: ClientFrame = entry.job.recipe;
  const { options, timeLimitS, gpus } = resources(entry.at, frame, session);
  if (!target.endpoint) {
    const what = `${pathName(entry.at, 'recipe')}: the service '${target.name}' has no port to talk to; give it 'ports'`;
    session.problems.at(session.source, entry.at, what, 'key');
  } else samePort(entry, session);
  const context = jobContext(entry.at, CLIENT_TOKENS, session);
  const plan = entry.job.plan({ ...context, target: entry.target.job, timeLimitS });
  const startLimitS = frame.timeouts?.start ?? session.limits.startS;
  const hidden = secrets(entry, frame, session);
  const container = planContainer({
    frame,
    plan,
    context,
    cluster: session.cluster,
    target: session.containers.get(target.role),
    gpus,
  });
  const { scheme, path } = target.endpoint ?? { scheme: 'http', path: '' };
  const script = batchScript({
    ...commonSpec(entry, frame, plan, CLIENT_TOKENS, hidden, session, container),
    side: 'client',
    target: { role: target.role, scheme, path },
    stdoutFile: plan.stdoutFile,
    steps: plan.steps?.map((step) => ({
      file: step.file,
      argv: container ? container.program(step.argv) : step.argv,
    })),
  });
  const outputs = outputsOf(plan);
  return {
    role: entry.role,
    side: 'client',
    kind: entry.job.kind,
    name: entry.name,
    script,
    options,
    needs: [target.role],
    timeLimitS,
    // A ready service waits for this client, and is freed after max_idle: waiting longer is of no use.
    queueLimitS: Math.min(frame.timeouts?.queue ?? session.limits.queueS, session.limits.maxIdleS),
    startLimitS,
    runLimitS: frame.timeouts?.run ?? session.limits.runS,
    artifacts: artifacts(frame, plan, container, session),
    resultParser: plan.resultParser,
    ...namesOf(hidden),
    ...(outputs.length > 0 ? { outputs } : {}),
  };
}

/** What the parser will read: the steps that are more than a file, or the one output. */
function outputsOf({ steps, stdoutFile }: JobPlan): ToolOutput[] {
  if (!steps)
    return stdoutFile === undefined ? [] : [{ file: stdoutFile, is: 'point', name: '', parameters: {} }];
  return steps.flatMap(({ file, is, name, parameters }: Step) =>
    is === 'file' ? [] : [{ file, is, name, parameters }],
  );
}

type Entry = ServiceEntry | ClientEntry;
type Frame = ServiceFrame | ClientFrame;

function jobContext(at: Path, tokens: ReadonlySet<Token>, session: SessionContext): JobContext {
  const { source, problems, notes, variables, blobs } = session;
  const problem = (below: Path, message: string): void => {
    const path = [...at, ...below];
    problems.at(source, path, `${pathName(path, 'recipe')} ${message}`);
  };
  return {
    problem,
    note: (message) => notes.add(`${pathName(at, 'recipe')}: ${message}`),
    blobs,
    cache: session.cache,
    pack: (local, script) => session.folders.pack(local, script, source.problem([...at, 'script'], '').file),
    expand: (text, below, as) => {
      const { value, undeclared } = expand(text, { variables, tokens });
      for (const name of undeclared) {
        if (as === 'path' || isOurs(name)) problem(below, undeclaredWords(name));
        else
          notes.add(`${pathName([...at, ...below], 'recipe')}: $${name} is not declared and stays as it is`);
      }
      return value;
    },
  };
}

function commonSpec(
  entry: Entry,
  frame: Frame,
  plan: JobPlan,
  tokens: ReadonlySet<Token>,
  hidden: readonly HiddenValue[],
  session: SessionContext,
  container: Container | undefined,
): Omit<RoleSpec, 'side'> {
  return {
    version: session.version,
    role: entry.role,
    kind: entry.job.kind,
    name: entry.name,
    hasClients: session.hasClients,
    deadManS: session.limits.deadManS,
    preamble: session.preamble,
    modules: modules(frame, container, session),
    runtime: container?.runtime.command,
    setup: frame.setup ?? [],
    env: [...plan.env, ...environment(entry, frame, tokens, session)],
    secrets: hidden.map(({ name, file }) => ({ name, file })),
    unpack: plan.unpack,
    files: plan.files,
    before: (plan.before ?? []).map((argv) => (container ? container.beside(argv) : argv)),
    argv: container ? container.program(plan.argv) : plan.argv,
  };
}

/** In this order: the image, then what may need it. */
function artifacts(frame: Frame, plan: JobPlan, container: Container | undefined, session: SessionContext) {
  const all = container ? [container.artifact, ...plan.artifacts] : plan.artifacts;
  const surroundings = {
    cache: session.cache,
    modules: modules(frame, container, session),
    wrap: container?.staging,
    runtime: container?.runtime.command,
  };
  return all.map((each) => (each.kind === 'to-make' ? madeArtifact(each, surroundings) : each));
}

const modules = (frame: Frame, container: Container | undefined, { cluster }: SessionContext): string[] => [
  ...cluster.modules,
  ...(container?.module === undefined ? [] : [container.module]),
  ...(frame.modules ?? []),
];

const without = (tokens: ReadonlySet<Token>, token: Token): ReadonlySet<Token> =>
  new Set([...tokens].filter((each) => each !== token));

function environment(entry: Entry, frame: Frame, tokens: ReadonlySet<Token>, session: SessionContext) {
  const context = jobContext(entry.at, tokens, session);
  return Object.entries(frame.environment ?? {}).flatMap(([name, text]): [string, Value][] => {
    if (entry.owns.includes(name)) {
      context.problem(['environment', name], `is set by the kind ${entry.job.kind} itself; leave it out`);
    }
    if (typeof text !== 'string') return [];
    if (looksSecret(name)) {
      context.note(`environment.${name} looks like a secret and is stored with the session as it is`);
    }
    return [[name, context.expand(text, ['environment', name], 'text')]];
  });
}

interface HiddenValue {
  name: string;
  from: SecretPlace;
  file?: Value;
}

const namesOf = (hidden: readonly HiddenValue[]) =>
  hidden.length > 0 ? { secrets: hidden.map(({ name, from }) => ({ name, from })) } : {};

/** The environment's secrets: the script gets their places, the plan their names. */
function secrets(entry: Entry, frame: Frame, session: SessionContext): HiddenValue[] {
  const context = jobContext(entry.at, VARIABLE_TOKENS, session);
  return Object.entries(frame.environment ?? {}).flatMap(([name, secret]): HiddenValue[] => {
    if (typeof secret === 'string') return [];
    if ('secret' in secret) return [{ name, from: { is: 'worker', secret: secret.secret } }];
    const at = ['environment', name, 'secret_file'];
    const file = context.expand(secret.secret_file.replace(/^~\//, '$HOME/'), at, 'path');
    const path = file
      .map((part) => (typeof part === 'string' ? part : part.token === 'HOME' ? '$HOME' : session.username))
      .join('');
    // Another `$NAME` was reported when it was expanded.
    if (!/^(\$|\/)/.test(path) || path.lastIndexOf('$HOME') > 0)
      context.problem(at, 'must start with / or $HOME/: it is a file on the cluster');
    return [{ name, file, from: { is: 'cluster', path } }];
  });
}

function resources(at: Path, { resources: given = {} }: Frame, session: SessionContext) {
  const { cluster, source, problems } = session;
  const { preset, ...own } = given;
  let ofPreset = {};
  if (typeof preset === 'string') {
    if (Object.hasOwn(cluster.presets, preset)) ofPreset = cluster.presets[preset] ?? {};
    else {
      const names = Object.keys(cluster.presets);
      const hint = didYouMean(preset, names) || (names.length > 0 ? `; there are: ${names.join(', ')}` : '');
      problems.at(
        source,
        [...at, 'resources', 'preset'],
        `the cluster ${cluster.name} has no preset '${preset}'${hint}`,
      );
    }
  }
  const { options, timeLimitS, merged } = sbatchArguments([cluster.defaults, ofPreset, own]);
  if (merged.nodes !== undefined && merged.nodes !== '1') {
    const path = own.nodes === undefined ? at : [...at, 'resources', 'nodes'];
    problems.at(
      source,
      path,
      `${pathName(at, 'recipe')}: more than one node is not supported yet in this version`,
    );
  }
  return { options, timeLimitS, gpus: asksForGpus(merged) };
}

function asksForGpus(merged: ReturnType<typeof sbatchArguments>['merged']): boolean {
  const counts = [merged.gpus, merged.gpus_per_node, merged.gpus_per_task, merged.gpus_per_socket];
  const some = counts.some((count) => count !== undefined && !/(^|:)0$/.test(String(count)));
  return some || /(^|,)(gres:)?gpu\b(?!(:[^,:]+)?:0(,|$))/.test(String(merged.gres ?? ''));
}

function startLimit(at: Path, frame: ServiceFrame, { source, problems, limits }: SessionContext): number {
  const own = frame.timeouts?.start;
  const seed = checkLimitS(frame.health_check);
  if (own !== undefined && seed !== undefined) {
    const path = [...at, 'health_check', 'timeout'];
    problems.at(source, path, `${pathName(path, 'recipe')} and timeouts.start mean the same; give one`);
  }
  return own ?? seed ?? limits.startS;
}

function samePort(entry: ClientEntry, { source, problems }: SessionContext): void {
  const asked = (entry.job.recipe as ClientFrame).target_service?.port;
  const served = (entry.target.job.recipe as ServiceFrame).ports ?? 'auto';
  if (asked === undefined || asked === served) return;
  const path = [...entry.at, 'target_service', 'port'];
  const why =
    served === 'auto' ? 'the service takes a free port on its node' : `the service listens on ${served}`;
  problems.at(source, path, `${pathName(path, 'recipe')} is ${asked}, but ${why}; leave it out`);
}
