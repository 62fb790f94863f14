import { endpointParts } from '../shared/plan/foreign-target.ts';
import type { RolePlan, SecretPlace, ToolOutput } from '../shared/plan/plan.ts';
import { pathName } from '../shared/yaml/issue-words.ts';
import type { Path } from '../shared/yaml/located-source.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import { batchScript, type RoleSpec } from './batch-script.ts';
import { looksSecret } from './environment.ts';
import { expand, isOurs, SERVICE_TOKENS, undeclaredWords, VARIABLE_TOKENS } from './expand.ts';
import { checkLimitS } from './health-check.ts';
import type { JobContext, JobPlan, Step } from './job.ts';
import { madeArtifact } from './made-artifact.ts';
import { morePorts, portTokens } from './more-ports.ts';
import { placementOf } from './placement.ts';
import { type Container, planContainer } from './plan-container.ts';
import type { ClientEntry, ServiceEntry } from './read-recipe.ts';
import { readinessOf } from './readiness.ts';
import type { ClientFrame, ServiceFrame } from './recipe-schema.ts';
import { sbatchArguments } from './sbatch-arguments.ts';
import type { SessionContext } from './session-context.ts';
import type { Token, Value } from './shell-word.ts';
import { samePortTwice, usedServices } from './used-services.ts';

export function planService(entry: ServiceEntry, session: SessionContext): RolePlan {
  const frame: ServiceFrame = entry.job.recipe;
  const { listens } = entry.job;
  const more = listens ? morePorts(session.source, entry.at) : [];
  samePortTwice(entry, frame, more, session);
  const tokens = listens
    ? withAll(SERVICE_TOKENS, portTokens(more, 'SBENCH_PORT'))
    : without(SERVICE_TOKENS, 'SBENCH_PORT');
  const context = jobContext(entry.at, tokens, session);
  const plan = entry.job.plan(context);
  const readiness = readinessOf(frame.health_check, plan.readiness, context, {
    listens,
    generic: entry.job.kind === 'container',
  });
  const { options, timeLimitS, nodes, gpus } = resources(entry.at, frame, session);
  if (nodes > 1)
    moreNodes(entry.at, session, 'a service on more than one node is not supported yet in this version');
  const startLimitS = startLimit(entry.at, frame, session);
  const container = planContainer({ frame, plan, context, cluster: session.cluster, gpus });
  session.containers.set(entry.role, container);
  const hidden = secrets(entry, frame, session);
  const script = batchScript({
    ...commonSpec(entry, frame, plan, tokens, hidden, session, container),
    side: 'service',
    port: plan.port,
    password: plan.password,
    companion: session.companions.get(entry.role),
    morePorts: more,
    describe: plan.describe,
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
    artifacts: artifacts(frame, plan, container, session),
    // The recipe's own limit is meant for what is measured: the clients, or a service without any.
    runLimitS: frame.timeouts?.run ?? (session.hasClients ? undefined : session.limits.runS),
    ...(entry.job.model === undefined ? {} : { model: entry.job.model }),
    resultParser: plan.resultParser,
    ...namesOf(hidden),
  };
}

export function planClient(
  entry: ClientEntry,
  services: readonly RolePlan[],
  session: SessionContext,
): RolePlan {
  const frame: ClientFrame = entry.job.recipe;
  const { options, timeLimitS, nodes, gpus } = resources(entry.at, frame, session);
  const { endpoint, others, tokens, ...used } = usedServices(entry, services, session);
  if (!endpoint) {
    const what = `${pathName(entry.at, 'recipe')}: the service '${entry.target.name}' has no port to talk to; give it 'ports'`;
    session.problems.at(session.source, entry.at, what, 'key');
  } else samePort(entry, session);
  const context = jobContext(entry.at, tokens, session);
  const plan = entry.job.plan({ ...context, target: entry.target.job, timeLimitS });
  const startLimitS = frame.timeouts?.start ?? session.limits.startS;
  const hidden = secrets(entry, frame, session);
  const container = planContainer({
    frame,
    plan,
    context,
    cluster: session.cluster,
    target: session.containers.get(entry.target.role),
    gpus,
  });
  const { scheme, path } = endpoint ?? { scheme: 'http', path: '' };
  const placement = placementOf(entry, frame, options, session);
  if (nodes > 1 && plan.resultParser !== 'loadgen' && plan.resultParser !== 'none') {
    const what = `results of the client kind ${entry.job.kind} cannot be put together from several nodes`;
    moreNodes(entry.at, session, what);
  }
  const script = batchScript({
    ...commonSpec(entry, frame, plan, tokens, hidden, session, container),
    side: 'client',
    target: { role: entry.target.role, scheme, path },
    ...(entry.foreign?.is === 'endpoint' ? { endpoint: endpointParts(entry.foreign.url) } : {}),
    others,
    nodes,
    startLimitS,
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
    ...used,
    ...(placement === 'job' ? {} : { placement }),
    ...(nodes > 1 ? { nodes } : {}),
    timeLimitS,
    // A ready service waits for this client, and is freed after max_idle: waiting longer is of no use.
    queueLimitS: Math.min(
      frame.timeouts?.queue ?? session.limits.queueS,
      entry.foreign ? Number.POSITIVE_INFINITY : session.limits.maxIdleS,
    ),
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
  return steps.flatMap(({ file, is, name, parameters, repeat }: Step) =>
    is === 'file' ? [] : [{ file, is, name, parameters, ...(repeat === undefined ? {} : { repeat }) }],
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
    file: (name, below) => {
      const sent = session.folders.send(name, source.problem([...at, ...below], '').file);
      if (!('wrong' in sent)) return sent;
      problem(below, sent.wrong);
      return undefined;
    },
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
    image: container?.image,
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

const withAll = (tokens: ReadonlySet<Token>, more: readonly Token[]): ReadonlySet<Token> =>
  new Set([...tokens, ...more]);
const without = (tokens: ReadonlySet<Token>, token: Token): ReadonlySet<Token> =>
  new Set([...tokens].filter((each) => each !== token));

function environment(entry: Entry, frame: Frame, tokens: ReadonlySet<Token>, session: SessionContext) {
  const context = jobContext(entry.at, tokens, session);
  return Object.entries(frame.environment ?? {}).flatMap(([name, text]): [string, Value][] => {
    // Where it listens anyway.
    const { ports } = frame as ServiceFrame;
    if (name === 'OLLAMA_HOST' && entry.owns.includes(name)) {
      if (text === '0.0.0.0' || text === `0.0.0.0:${String(ports)}`) return [];
    }
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
      const hint =
        didYouMean(preset, names) ||
        (names.length > 0
          ? `; there are: ${names.join(', ')}`
          : `: write its options here, or add it to clusters.${cluster.name}.presets of the configuration`);
      problems.at(
        source,
        [...at, 'resources', 'preset'],
        `the cluster ${cluster.name} has no preset '${preset}'${hint}`,
      );
    }
  }
  const { options, timeLimitS, merged } = sbatchArguments([cluster.defaults, ofPreset, own]);
  const nodes = Number(merged.nodes ?? 1);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 1000) {
    moreNodes(at, session, `nodes is a number from 1 to 1000, not '${String(merged.nodes)}'`);
  }
  return { options, timeLimitS, nodes, gpus: asksForGpus(merged) };
}

function asksForGpus(merged: ReturnType<typeof sbatchArguments>['merged']): boolean {
  const counts = [merged.gpus, merged.gpus_per_node, merged.gpus_per_task, merged.gpus_per_socket];
  const some = counts.some((count) => count !== undefined && !/(^|:)0$/.test(String(count)));
  return some || /(^|,)(gres:)?gpu\b(?!(:[^,:]+)?:0(,|$))/.test(String(merged.gres ?? ''));
}

function moreNodes(at: Path, { source, problems }: SessionContext, message: string): void {
  const own = source.valueAt([...at, 'resources', 'nodes']) !== undefined;
  problems.at(source, own ? [...at, 'resources', 'nodes'] : at, `${pathName(at, 'recipe')}: ${message}`);
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
