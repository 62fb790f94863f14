import type { ClientContext } from '../client.ts';
import { type LoadgenConfig, type LoadgenConfigInput, loadgenConfigSchema } from '../loadgen/config.ts';
import { mustFit } from '../must-fit.ts';
import type { LoadParameters, LoadRecipe } from './load-parameters.ts';
import { loadPoints } from './load-points.ts';

const DEFAULT_DURATION_S = 60;
const MOST_POINTS = 1_000;
const DEFAULT_PROMPT =
  'Explain to a curious newcomer how a compute cluster shares its machines among many users, and why jobs wait in a queue.';

type Api = NonNullable<LoadParameters['api']>;

/** What the recipe asks for, as the load generator is told it: the defaults are frozen with the plan. */
export function planLoadgen(recipe: LoadRecipe, defaultApi: Api, context: ClientContext): LoadgenConfig {
  const { parameters = {}, sweep = {}, duration, repeat = 1 } = recipe;
  const concurrency = concurrencies(recipe, context);
  const requests = parameters.requests ?? sweep.requests?.[0];
  if (requests !== undefined && duration !== undefined) {
    const where = parameters.requests === undefined ? 'sweep.requests' : 'parameters.requests';
    context.problem(['duration'], `and ${where} both say when a point ends; give one`);
  }
  for (const axis of ['max_tokens', 'requests', 'prompt', 'temperature'] as const) {
    if (sweep[axis] === undefined || parameters[axis] === undefined) continue;
    context.problem(['parameters', axis], 'is given in sweep too; give one');
  }
  const durationS = requests === undefined ? (duration ?? DEFAULT_DURATION_S) : undefined;
  const points = loadPoints(
    sweep,
    concurrency.map((each) => ({
      name: `concurrency ${each}`,
      load: (settings) => ({
        is: 'closed',
        concurrency: each,
        requests: settings.requests ?? requests,
        durationS,
        warmupRequests: parameters.warmup_requests,
      }),
    })),
  );
  if (points.length * repeat > MOST_POINTS) {
    context.problem(['sweep'], `makes ${points.length * repeat} points, and ${MOST_POINTS} are the most`);
  }
  mustFit(context, duration !== undefined, points.length, durationS, repeat);
  return loadgenConfigSchema.parse({
    v: 2,
    protocol: protocolOf(parameters, defaultApi, modelOf(recipe, context)),
    prompts: { from: 'text', text: parameters.prompt ?? DEFAULT_PROMPT },
    maxTokens: parameters.max_tokens ?? 128,
    points: points.slice(0, MOST_POINTS),
    repeats: repeat,
    timeoutS: parameters.timeout,
    seed: parameters.seed,
    uniquePrompts: parameters.unique_prefix,
  } satisfies LoadgenConfigInput);
}

const OPENAI = {
  'openai-chat': 'chat',
  'openai-completions': 'completions',
  'openai-embeddings': 'embeddings',
} as const;

function protocolOf(
  { api: asked, temperature = 0, seed = 0 }: LoadParameters,
  defaultApi: Api,
  model: string,
): LoadgenConfigInput['protocol'] {
  const api = asked ?? defaultApi;
  // An embedding is not drawn.
  const options = api.includes('embed') ? {} : { temperature, seed };
  if (api === 'generate' || api === 'chat' || api === 'embed')
    return { speaks: 'ollama', api, model, options };
  return { speaks: 'openai', api: OPENAI[api], model, options };
}

function modelOf(recipe: LoadRecipe, context: ClientContext): string {
  const served = context.target.model;
  const { model = served, parameters } = recipe;
  for (const [at, asked] of [
    [['model'], recipe.model],
    [['parameters', 'model'], parameters?.model],
  ] as const) {
    if (asked === undefined || served === undefined || asked === served) continue;
    context.problem(at, `is '${asked}', but the service serves '${served}'; leave it out`);
  }
  const chosen = parameters?.model ?? model;
  if (chosen === undefined) context.problem([], "needs 'model': the service does not say which");
  return chosen ?? 'unknown';
}

function concurrencies({ parameters, sweep }: LoadRecipe, context: ClientContext): number[] {
  const listed = parameters?.concurrency;
  if (sweep?.concurrency !== undefined && listed !== undefined) {
    context.problem(['parameters', 'concurrency'], 'is given in sweep too; give one');
  }
  if (Array.isArray(listed)) {
    context.note(
      `parameters.concurrency is a list and is read as sweep: {concurrency: [${listed.join(', ')}]}`,
    );
  }
  const points = sweep?.concurrency ?? listed ?? 1;
  return Array.isArray(points) ? points : [points];
}
