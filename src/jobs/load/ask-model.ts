import type { ClientContext } from '../client.ts';
import type { LoadgenConfigInput } from '../loadgen/config.ts';
import { parsePrompts } from '../loadgen/prompts/prompt-file.ts';
import type { LoadParameters, LoadRecipe } from './load-parameters.ts';
import type { Asked } from './plan-loadgen.ts';

export type Api = NonNullable<LoadParameters['api']>;

const DEFAULT_PROMPT =
  'Explain to a curious newcomer how a compute cluster shares its machines among many users, and why jobs wait in a queue.';
const OPENAI = {
  'openai-chat': 'chat',
  'openai-completions': 'completions',
  'openai-embeddings': 'embeddings',
} as const;

/** What a language model is asked, and by which of the APIs. */
export function askModel(recipe: LoadRecipe, defaultApi: Api, context: ClientContext): Asked {
  const { parameters = {} } = recipe;
  const model = modelOf(recipe, context);
  return { protocol: protocolOf(parameters, defaultApi, model, context), ...promptsOf(recipe, context) };
}

function protocolOf(
  { api: asked, temperature, seed = 0, max_tokens }: LoadParameters,
  defaultApi: Api,
  model: string,
  context: ClientContext,
): LoadgenConfigInput['protocol'] {
  const api = asked ?? defaultApi;
  const embeds = api.includes('embed');
  if (embeds) {
    for (const [key, value] of Object.entries({ temperature, max_tokens }))
      if (value !== undefined) context.problem(['parameters', key], `is for text, and api is ${api}`);
  }
  const options = embeds ? {} : { temperature: temperature ?? 0, seed };
  if (api === 'generate' || api === 'chat' || api === 'embed')
    return { speaks: 'ollama', api, model, options };
  return { speaks: 'openai', api: OPENAI[api], model, options };
}

function promptsOf(
  { parameters = {}, sweep }: LoadRecipe,
  context: ClientContext,
): Pick<Asked, 'prompts' | 'files'> {
  const { prompt, prompts } = parameters;
  if (prompts === undefined) return { prompts: { from: 'text', text: prompt ?? DEFAULT_PROMPT } };
  const other = prompt !== undefined ? 'parameters.prompt' : sweep?.prompt ? 'sweep.prompt' : undefined;
  if (other !== undefined) context.problem(['parameters', 'prompts'], `and ${other} both say it; give one`);
  if ('synthetic' in prompts) return { prompts: { from: 'synthetic', words: prompts.synthetic.words } };
  const file = context.file(prompts.file, ['parameters', 'prompts', 'file']);
  if (!file) return {};
  try {
    parsePrompts(file.text, prompts.file);
  } catch (error) {
    context.problem(['parameters', 'prompts', 'file'], `does not fit: ${(error as Error).message}`);
  }
  return { prompts: { from: 'file', file: file.as, order: prompts.order }, files: [file] };
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
