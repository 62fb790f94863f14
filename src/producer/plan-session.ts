import { basename } from 'node:path';
import { companionsOf, joined } from '../jobs/companion.ts';
import { planClient } from '../jobs/plan-client.ts';
import { planService } from '../jobs/plan-service.ts';
import { planStage } from '../jobs/plan-stage.ts';
import { readPreamble } from '../jobs/preamble.ts';
import { readRecipe } from '../jobs/read-recipe.ts';
import { builtInJobs } from '../jobs/registry.ts';
import type { SessionContext } from '../jobs/session-context.ts';
import { coerceError, SbenchError, UsageError } from '../shared/errors.ts';
import type { ForeignTarget } from '../shared/plan/foreign-target.ts';
import { type GroupPlace, type Plan, plan as planSchema } from '../shared/plan/plan.ts';
import { LocatedSource } from '../shared/yaml/located-source.ts';
import { Problems } from '../shared/yaml/problems.ts';
import { setOverride } from '../shared/yaml/set-override.ts';
import { actionTree } from './action-tree.ts';
import { chooseCluster, clusterPlaces, clusterPlan } from './choose-cluster.ts';
import { eachCombination } from './each-combination.ts';
import type { PlanRequest } from './plan-request.ts';
import { recipePlan } from './recipe-plan.ts';

export type { PlanRequest } from './plan-request.ts';

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
