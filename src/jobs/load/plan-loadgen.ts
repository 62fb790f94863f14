import type { Artifact } from '../../shared/plan/plan.ts';
import type { ClientContext } from '../client.ts';
import { type LoadgenConfigInput, loadgenConfigSchema } from '../loadgen/config.ts';
import { streamsTokens } from '../loadgen/protocols/create-protocol.ts';
import { mustFit } from '../must-fit.ts';
import type { SentFile } from '../packed-folder.ts';
import type { LoadgenOrder } from './load-client.ts';
import type { HttpRecipe, LoadRecipe, SweepAxes } from './load-parameters.ts';
import { loadPoints } from './load-points.ts';
import { planLoads } from './plan-loads.ts';
import { firstOf, planSearch } from './search-shape.ts';

const MOST_POINTS = 1_000;

/** What is asked, beside how much of it. */
export interface Asked {
  protocol: LoadgenConfigInput['protocol'];
  prompts?: LoadgenConfigInput['prompts'];
  files?: SentFile[];
}

/** What the recipe asks for, as the load generator is told it: the defaults are frozen with the plan. */
export function planLoadgen(
  recipe: LoadRecipe | HttpRecipe,
  asked: Asked,
  context: ClientContext,
): LoadgenOrder {
  const { search, duration, repeat = 1, order } = recipe;
  const sweep: Partial<SweepAxes> = search ? firstOf(search) : (recipe.sweep ?? {});
  if (search) mustBeAlone(recipe, context);
  const parameters: Partial<NonNullable<LoadRecipe['parameters']>> = recipe.parameters ?? {};
  for (const axis of ['max_tokens', 'requests', 'prompt', 'temperature'] as const) {
    if (!(axis in sweep) || parameters[axis] === undefined) continue;
    context.problem(['parameters', axis], 'is given in sweep too; give one');
  }
  const { loads, totalS, files } = planLoads({ ...recipe, sweep }, context);
  const points = loadPoints(sweep, loads);
  if (points.length * repeat > MOST_POINTS) {
    context.problem(['sweep'], `makes ${points.length * repeat} points, and ${MOST_POINTS} are the most`);
  }
  const eachS = totalS === undefined ? undefined : totalS / loads.length;
  const most = search ? (search.points ?? 8) : points.length;
  mustFit(context, duration === undefined ? [] : ['duration'], most, eachS, repeat);
  const { slo } = parameters;
  const config = loadgenConfigSchema.parse({
    v: 2,
    protocol: asked.protocol,
    prompts: asked.prompts ?? { from: 'text', text: '-' },
    maxTokens: parameters.max_tokens ?? 128,
    points: points.slice(0, MOST_POINTS),
    ...(search
      ? { search: planSearch(search, streamsTokens(asked.protocol), context) }
      : { repeats: repeat }),
    order,
    timeoutS: parameters.timeout,
    seed: parameters.seed,
    threads: parameters.threads,
    uniquePrompts: parameters.unique_prefix,
    ...(slo ? { slo: { ttftMs: slo.ttft, tpotMs: slo.tpot, e2eMs: slo.e2e } } : {}),
  } satisfies LoadgenConfigInput);
  return { config, files: [...(asked.files ?? []), ...files].map(artifactOf) };
}

/** What is measured next depends on what was found: nobody else may decide it too. */
function mustBeAlone(
  { sweep, repeat, order, resources }: LoadRecipe | HttpRecipe,
  context: ClientContext,
): void {
  if (sweep) context.problem(['sweep'], 'and search both say what the points are; give one');
  if (order !== undefined) context.problem(['order'], 'is not for a search, whose order is its own');
  if (repeat !== undefined)
    context.problem(['repeat'], 'is not for a search, which measures each point once');
  if (Number(resources?.nodes ?? 1) > 1)
    context.problem(
      ['resources', 'nodes'],
      'is for one node when there is a search: each would find its own way',
    );
}

const artifactOf = ({ as, sha256, bytes }: SentFile): Artifact => ({ kind: 'blob', as, sha256, bytes });
