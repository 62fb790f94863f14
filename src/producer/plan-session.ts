import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { companionsOf, joined } from '../jobs/companion.ts';
import { expand, resolveVariables, undeclaredWords, VARIABLE_TOKENS } from '../jobs/expand.ts';
import type { Blob } from '../jobs/job.ts';
import type { FolderPacker } from '../jobs/packed-folder.ts';
import { planClient, planService } from '../jobs/plan-role.ts';
import { planStage } from '../jobs/plan-stage.ts';
import { readPreamble } from '../jobs/preamble.ts';
import { readRecipe } from '../jobs/read-recipe.ts';
import { builtInJobs, type JobFactory } from '../jobs/registry.ts';
import type { SessionContext } from '../jobs/session-context.ts';
import { coerceError, SbenchError, UsageError } from '../shared/errors.ts';
import type { ForeignTarget } from '../shared/plan/foreign-target.ts';
import { type ClusterPlan, type GroupPlace, type Plan, plan as planSchema } from '../shared/plan/plan.ts';
import type { ClusterSettings, Settings } from '../shared/settings/settings.ts';
import { LocatedSource } from '../shared/yaml/located-source.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import { Problems } from '../shared/yaml/problems.ts';
import { setOverride } from '../shared/yaml/set-override.ts';
import { actionTree } from './action-tree.ts';
import { eachCombination } from './each-combination.ts';

export interface PlanRequest {
  recipeText: string;
  /** How messages call the recipe. */
  file: string;
  /** Further files of the same recipe: a service in one, its client in another. */
  more?: readonly { text: string; file: string }[];
  settings: Settings;
  /** `--set` pairs, such as `service.model=llama3`; the last one wins. */
  overrides?: readonly string[];
  labels?: Readonly<Record<string, string>>;
  version: string;
  /** Of the recipe's folder. */
  git?: { commit: string; dirty: boolean } | undefined;
  blobs: { loadgen: Blob };
  /** Fills from `~/.ssh/config` what the configuration leaves open. */
  resolveTarget?: (cluster: ClusterSettings) => Pick<ClusterPlan, 'hostname' | 'port' | 'username'>;
  /** What clients without a service use. */
  target?: ForeignTarget | undefined;
  /** Clients without a service are as good as any: they are not going to run. */
  anyTarget?: boolean;
  factory?: JobFactory;
  /** Packs the folders of `script:`; without it there is no folder that they could be relative to. */
  folders?: FolderPacker;
  preamble?: string;
}

const QUEUE_LIMIT_S = 24 * 3600;
const START_LIMIT_S = 600;
const MAX_IDLE_S = 30 * 60;
const DEAD_MAN_S = 120 * 60;

/** One session's plan. @throws RecipeError with every problem at once, UsageError when the recipe makes several. */
export function planSession(request: PlanRequest): Plan {
  const [plan, ...others] = planSessions(request);
  if (plan && others.length === 0) return plan;
  throw new UsageError(`${request.file} makes ${others.length + 1} sessions, and one is asked for`);
}

/**
 * The recipe and the cluster's settings, frozen: one plan, or one for each combination of its matrix. Throws a
 * RecipeError with every problem at once; one that several combinations have is told once.
 */
export const planSessions = (request: PlanRequest): Plan[] =>
  eachCombination(readSource(request), (source, place) => planOne(request, source, place));

/** Everything that is wrong with a recipe and can be told without any cluster. @returns how many sessions it makes. */
export function checkRecipe(request: PlanRequest): number {
  const checked = eachCombination(readSource(request), (source) => {
    const problems = new Problems();
    readRecipe(source, request.factory ?? builtInJobs(), problems, somewhere(source));
    problems.throwIfAny();
  });
  return checked.length;
}

/** A file with clients only is as good as any: what they use is said when it is submitted. */
const somewhere = (source: LocatedSource): ForeignTarget | undefined =>
  source.valueAt(['service']) === undefined && source.valueAt(['services']) === undefined
    ? { is: 'endpoint', url: 'http://localhost:1' }
    : undefined;

/** The recipe with what `--set` changes. */
function readSource({ recipeText, file, overrides = [], more = [] }: PlanRequest): LocatedSource {
  const source = LocatedSource.parseAll([{ text: recipeText, file }, ...more]);
  const problems = new Problems();
  for (const pair of overrides) problems.add(setOverride(source, pair));
  problems.throwIfAny();
  return source;
}

function planOne(request: PlanRequest, source: LocatedSource, group: GroupPlace | undefined): Plan {
  const { file, settings, labels = {}, factory = builtInJobs() } = request;
  const problems = new Problems();
  const { frame, hasClients, services, clients, notes } = readRecipe(
    source,
    factory,
    problems,
    request.target ?? (request.anyTarget ? somewhere(source) : undefined),
  );
  const cluster = chooseCluster(source, settings, problems, request.target);
  // Without a cluster neither variables nor presets are known: every further problem would be a consequence.
  if (!cluster) throw problems.error;
  const { max_idle, dead_man, queue, start, run } = frame?.timeouts ?? {};
  const place = clusterPlan(cluster, request.resolveTarget);
  const session: SessionContext = {
    source,
    problems,
    notes: new Set(notes),
    cluster,
    ...clusterPlaces(cluster, settings, problems),
    username: place.username,
    version: request.version,
    preamble: request.preamble ?? readPreamble(),
    hasClients,
    blobs: request.blobs,
    folders: request.folders ?? {
      pack: () => ({ wrong: 'cannot be packed: this recipe has no folder', key: 'name' }),
      send: () => ({ wrong: 'cannot be read: this recipe has no folder' }),
    },
    containers: new Map(),
    companions: companionsOf(clients, services.length, { source, problems }),
    limits: {
      queueS: queue ?? QUEUE_LIMIT_S,
      startS: start ?? START_LIMIT_S,
      runS: run,
      maxIdleS: max_idle ?? MAX_IDLE_S,
      deadManS: dead_man ?? DEAD_MAN_S,
    },
  };
  for (const name of Object.keys(group?.values ?? {})) {
    if (!session.variables.has(name)) continue;
    const message = `matrix.${name} has the name of a variable of the cluster ${cluster.name}; use another`;
    problems.at(source, ['matrix', name], message, 'key');
  }
  const made = <Planned>(side: 'service' | 'client', kind: string, plan: () => Planned): Planned => {
    const origin = factory.origin(side, kind);
    try {
      return plan();
    } catch (error) {
      // Somebody else's code failed: its author has to know, and nobody shall look for the fault here.
      if (error instanceof SbenchError || !factory.isOutside(side, kind)) throw error;
      throw new UsageError(`the kind ${kind} of ${origin} failed: ${coerceError(error).message}`);
    }
  };
  const servicePlans = new Map(
    services.map((entry) => [entry.role, made('service', entry.job.kind, () => planService(entry, session))]),
  );
  const clientPlans = clients.map((entry) => {
    const all = [...servicePlans.values()];
    const client = made('client', entry.job.kind, () => planClient(entry, all, session));
    const service = servicePlans.get(entry.target.role);
    if (!service || session.companions.get(service.role) !== client.role) return client;
    const both = joined(service, client);
    servicePlans.set(service.role, both.service);
    return both.client;
  });
  problems.throwIfAny();
  const programs = clientPlans
    .flatMap(({ artifacts }) => artifacts)
    .flatMap((each) => (each.kind === 'blob' && each.contents ? [each.sha256] : []));
  const roles = [...servicePlans.values(), ...clientPlans];

  return planSchema.parse({
    v: 1,
    sbench: request.version,
    name: frame?.name ?? (basename(file).replace(/\.ya?ml$/i, '') || 'recipe'),
    recipe: recipePlan(request, programs),
    cluster: place,
    labels: { ...described(source), ...frame?.labels, ...labels },
    ...(group ? { group } : {}),
    roles: [...roles, ...planStage(roles, session)],
    actions: actionTree(
      [...servicePlans.keys()],
      clientPlans.map(({ role }) => role),
      frame?.run_clients === 'together',
    ),
    maxIdleS: session.limits.maxIdleS,
    deadManS: session.limits.deadManS,
    notes: [...session.notes],
  });
}

/** Descriptions of the file, or of its services and clients, where people see them: as a label. */
function described(source: LocatedSource): Record<string, string> {
  const jobs = ['service', 'services', 'client', 'clients'].flatMap((key) => [source.valueAt([key])].flat());
  const texts = [source.value, ...jobs].map(
    (each) => (each as { description?: unknown } | null | undefined)?.description,
  );
  const found = texts
    .filter((text) => typeof text === 'string')
    .join('; ')
    .replace(/\s+/g, ' ')
    .trim();
  return found === '' ? {} : { description: found };
}

function chooseCluster(
  source: LocatedSource,
  settings: Settings,
  problems: Problems,
  target: ForeignTarget | undefined,
): ClusterSettings | undefined {
  const names = Object.keys(settings.clusters);
  const asked = source.valueAt(['cluster']);
  const name =
    typeof asked === 'string'
      ? asked
      : ((target?.is === 'session' ? target.cluster : undefined) ??
        settings.defaultCluster ??
        (names.length === 1 ? names[0] : undefined));
  if (target?.is === 'session' && name !== target.cluster) {
    const where = `session ${target.session} runs on ${target.cluster}, and this recipe is for ${name}`;
    problems.at(source, ['cluster'], `${where}: a client has to be on its service's cluster`);
    return undefined;
  }
  if (name !== undefined && Object.hasOwn(settings.clusters, name)) return settings.clusters[name];
  const configured = names.length === 0 ? 'none is configured' : `there are: ${names.join(', ')}`;
  if (name === undefined) {
    problems.at(
      source,
      [],
      `the recipe names no cluster, and ${names.length === 0 ? configured : `several are configured: ${names.join(', ')}`}`,
    );
  } else {
    problems.at(
      source,
      ['cluster'],
      `the cluster '${name}' is not configured${didYouMean(name, names) || `; ${configured}`}`,
    );
  }
  return undefined;
}

/** What the cluster's configuration names: its variables, and its folder for images and models. */
function clusterPlaces(cluster: ClusterSettings, settings: Settings, problems: Problems) {
  const wrong = (key: string, message: string) => {
    const path = `clusters.${cluster.name}.${key}`;
    const origin = settings.origins[path];
    const [file, line, column] =
      origin?.from === 'file'
        ? [origin.file, origin.line, origin.column]
        : [settings.file ?? 'the configuration', 0, 0];
    problems.add({ file, line, column, message: `${path} ${message}` });
  };
  const declared = resolveVariables(cluster.variables);
  for (const { name, message } of declared.problems) wrong(`variables.${name}`, message);
  const cache = expand(cluster.cache.replace(/^~\//, '$HOME/'), {
    variables: declared.variables,
    tokens: VARIABLE_TOKENS,
  });
  for (const name of cache.undeclared) wrong('cache', undeclaredWords(name));
  const variables = new Map(declared.variables).set('SBENCH_CACHE', cache.value);
  return { variables, cache: cache.value };
}

function clusterPlan(cluster: ClusterSettings, resolve: PlanRequest['resolveTarget']): ClusterPlan {
  const { name, workdir } = cluster;
  const target = resolve?.(cluster) ?? {
    hostname: cluster.hostname ?? name,
    port: cluster.port ?? 22,
    username: cluster.username ?? '',
  };
  return {
    name,
    hostname: target.hostname,
    port: target.port,
    username: target.username,
    workdir,
    stage: cluster.stage.where,
  };
}

/** Another `--set` is another recipe: the same key with it is an error, not the same session. */
function recipePlan(
  { recipeText, file, overrides: given = [], more = [], target, git }: PlanRequest,
  programs: readonly string[],
): Plan['recipe'] {
  // As one file in several documents, which is a recipe too.
  const text = [recipeText, ...more.map((part) => `# ${part.file}\n${part.text}`)].join('\n---\n');
  // Against another service it is other work.
  const overrides = target ? [...given, `--${targetWords(target)}`] : given;
  const hash = createHash('sha256').update(text);
  const files = [file, ...more.map((part) => part.file)].join(' + ');
  const of = { file: files, text, ...(git ? { git } : {}) };
  // Another program is other work, though the recipe's text is the same.
  if (programs.length > 0) hash.update('\0').update(programs.join());
  if (overrides.length === 0) return { ...of, sha256: hash.digest('hex') };
  const sha256 = hash.update('\0').update(JSON.stringify(overrides)).digest('hex');
  return { ...of, ...(given.length > 0 ? { set: [...given] } : {}), sha256 };
}

const targetWords = (target: ForeignTarget): string =>
  target.is === 'session' ? `target=${target.session}.${target.service.role}` : `endpoint=${target.url}`;
