import { z } from 'zod';
import { Client, type ClientContext } from '../client.ts';
import type { JobPlan } from '../job.ts';
import { type LoadgenConfig, loadgenConfigSchema } from '../loadgen/config.ts';
import { mustFit } from '../must-fit.ts';
import { clientFrame, nonEmpty } from '../recipe-schema.ts';
import { loadParameters, sweepAxes } from './load-parameters.ts';
import { sweepPoints } from './sweep-points.ts';

export const loadClient = clientFrame.extend({
  model: nonEmpty.optional(),
  parameters: loadParameters.optional(),
  sweep: sweepAxes.optional(),
  /** Each point again, on the same warm service. */
  repeat: z.number().int().min(1).max(100).optional(),
});

const DEFAULT_DURATION_S = 60;
const MOST_POINTS = 1_000;
const CONFIG = 'loadgen.json';

/** Puts load on a server with Ollama's API and measures each answer, token by token. */
export class OllamaClient extends Client<z.infer<typeof loadClient>> {
  static readonly summary: string = 'load on a server with Ollama’s API: latency, tokens a second';
  static readonly schema: z.ZodObject = loadClient;
  static readonly owns: readonly string[] = [];

  plan(context: ClientContext): JobPlan {
    // A cluster's own Node.js comes with its module; else ours is copied there.
    const ownNode = (this.recipe.modules?.length ?? 0) > 0;
    return {
      argv: [
        ownNode ? ['node'] : [{ token: 'SBENCH_TOOLS' }, '/node'],
        [{ token: 'SBENCH_TOOLS' }, '/loadgen.mjs'],
        ['--config'],
        [{ token: 'SBENCH_WORK' }, `/${CONFIG}`],
        ['--url'],
        [{ token: 'TARGET_SERVICE_URL' }],
        ['--out'],
        [{ token: 'SBENCH_RESULTS_DIR' }],
      ],
      env: [],
      binds: [],
      artifacts: [
        ...(ownNode ? [] : [{ kind: 'node', as: 'node' } as const]),
        { kind: 'blob', as: 'loadgen.mjs', ...context.blobs.loadgen },
      ],
      files: [{ name: CONFIG, text: `${JSON.stringify(this.#config(context))}\n` }],
      resultParser: 'loadgen',
    };
  }

  protected protocol(
    api: 'generate' | 'openai-chat' | 'openai-completions' = 'generate',
  ): LoadgenConfig['protocol'] {
    return api === 'generate' ? 'ollama-generate' : api;
  }

  #config(context: ClientContext): LoadgenConfig {
    const { parameters = {}, sweep = {}, duration, repeat = 1 } = this.recipe;
    const concurrency = this.#concurrency(context);
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
    const points = sweepPoints(sweep, concurrency);
    if (points.length * repeat > MOST_POINTS) {
      context.problem(['sweep'], `makes ${points.length * repeat} points, and ${MOST_POINTS} are the most`);
    }
    mustFit(context, duration !== undefined, points.length, durationS, repeat);
    const alone = Object.keys(sweep).every((axis) => axis === 'concurrency');
    // Parsed here, so that the defaults are frozen with the plan and not chosen by the copy on the cluster.
    return loadgenConfigSchema.parse({
      v: 1,
      protocol: this.protocol(parameters.api),
      model: this.#model(context),
      prompt: parameters.prompt,
      maxTokens: parameters.max_tokens ?? 128,
      concurrency,
      ...(alone ? {} : { points, prompts: sweep.prompt }),
      ...(repeat === 1 ? {} : { repeats: repeat }),
      requests,
      durationS,
      warmupRequests: parameters.warmup_requests,
      timeoutS: parameters.timeout,
      temperature: parameters.temperature,
      seed: parameters.seed ?? 0,
      uniquePrefix: parameters.unique_prefix,
    });
  }

  #model(context: ClientContext): string {
    const served = context.target.model;
    const { model = served, parameters } = this.recipe;
    for (const [at, asked] of [
      [['model'], this.recipe.model],
      [['parameters', 'model'], parameters?.model],
    ] as const) {
      if (asked === undefined || served === undefined || asked === served) continue;
      context.problem(at, `is '${asked}', but the service serves '${served}'; leave it out`);
    }
    const chosen = parameters?.model ?? model;
    if (chosen === undefined) context.problem([], "needs 'model': the service does not say which");
    return chosen ?? 'unknown';
  }

  #concurrency(context: ClientContext): number[] {
    const { parameters, sweep } = this.recipe;
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
}
