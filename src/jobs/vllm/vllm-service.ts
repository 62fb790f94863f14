import { z } from 'zod';
import type { JobContext } from '../job.ts';
import type { ToMake } from '../made-artifact.ts';
import { modelFolder } from '../model-folder.ts';
import { nonEmpty, serviceFrame } from '../recipe-schema.ts';
import { mustNotOwn } from '../server-settings.ts';
import { Service, type ServicePlan } from '../service.ts';
import type { Value } from '../shell-word.ts';
import { folderWeights, hubWeights, isHubName } from './hub-weights.ts';

const schema = serviceFrame.extend({
  model: nonEmpty.describe('A name of Hugging Face’s hub, or a folder on the cluster.'),
  parameters: z
    .strictObject({
      revision: z
        .string()
        .regex(/^\w[\w./-]*$/)
        .optional()
        .describe('Of the hub: a branch, a tag or a commit.'),
      tensor_parallel_size: z
        .number()
        .int()
        .min(1)
        .max(1024)
        .optional()
        .describe('GPUs that share each layer.'),
      pipeline_parallel_size: z
        .number()
        .int()
        .min(1)
        .max(1024)
        .optional()
        .describe('GPUs, or nodes, that share the layers.'),
      max_model_len: z.number().int().min(1).optional().describe('Tokens of prompt and answer together.'),
      max_num_seqs: z
        .number()
        .int()
        .min(1)
        .optional()
        .describe('Requests that are worked on at the same time.'),
      gpu_memory_utilization: z
        .number()
        .positive()
        .max(1)
        .optional()
        .describe('Share of each GPU’s memory that vLLM takes.'),
      dtype: z
        .enum(['auto', 'half', 'float16', 'bfloat16', 'float', 'float32'])
        .optional()
        .describe('Precision of weights and activations.'),
      quantization: nonEmpty.optional().describe('How the weights were made smaller.'),
      seed: z.number().int().min(0).optional().describe('Of what is drawn at random.'),
      enable_prefix_caching: z
        .boolean()
        .optional()
        .describe('Keep what equal beginnings of prompts have in common.'),
    })
    .optional()
    .describe('Flags of vllm serve, with _ for -.'),
});

const OWNED = ['host', 'port', 'served-model-name', 'model'];

/** vLLM's server with OpenAI's API. Ready means that the model is loaded and gave one token. */
export class VllmService extends Service<z.infer<typeof schema>> {
  static readonly summary = 'vLLM, with OpenAI’s API';
  static readonly schema = schema;
  static readonly owns: readonly string[] = [];

  override get model(): string {
    return this.recipe.model;
  }

  plan(context: JobContext): ServicePlan {
    const { command = 'vllm', args = [], model, parameters = {}, ports = 'auto' } = this.recipe;
    const said = mustNotOwn({ args }, OWNED, this.kind, context, {
      host: (value) => value === '0.0.0.0',
      port: (value) => value === String(ports),
    });
    const weights = this.#weights(context);
    return {
      argv: [
        context.expand(command, ['command'], 'path'),
        ['serve'],
        // A path on the cluster, or a name of Hugging Face's hub; clients say it as the recipe does.
        context.expand(model, ['model'], 'path'),
        ['--served-model-name'],
        [model],
        ...Object.entries(parameters).flatMap(([name, value]): Value[] => {
          const flag = name.replaceAll('_', '-');
          if (typeof value === 'boolean') return [[value ? `--${flag}` : `--no-${flag}`]];
          return value === undefined ? [] : [[`--${flag}`], [String(value)]];
        }),
        ...args.flatMap((arg, index) =>
          said.has(index) ? [] : [context.expand(arg, ['args', index], 'text')],
        ),
        ['--host'],
        ['0.0.0.0'],
        ['--port'],
        [{ token: 'SBENCH_PORT' }],
      ],
      env: weights.env,
      binds: weights.binds,
      artifacts: weights.artifacts,
      files: [],
      image: { docker: 'docker://vllm/vllm-openai:v0.11.0' },
      resultParser: 'none',
      port: ports,
      endpoint: { scheme: 'http', path: '' },
      readiness: {
        probe: 'http',
        method: 'POST',
        path: '/v1/completions',
        body: JSON.stringify({ model, prompt: 'hi', max_tokens: 1 }),
        expect: '"choices"',
        fatal: '',
        // Its engine may be gone while its server still answers.
        first: '/health',
      },
      describe: [
        { name: 'version', method: 'GET', path: '/version' },
        { name: 'models', method: 'GET', path: '/v1/models' },
      ],
    };
  }

  #weights(context: JobContext): { env: [string, Value][]; binds: Value[]; artifacts: ToMake[] } {
    const { model, parameters = {}, environment = {}, setup = [], modules = [], command } = this.recipe;
    const none = { env: [], binds: [], artifacts: [] };
    if (!isHubName(model)) {
      // A plain path may be one of the image's.
      const known = /^\$(?!SBENCH_)/.test(model) || this.recipe.container?.runtime === 'none';
      if (!known) return none;
      const path = context.expand(model, ['model'], 'text');
      return { ...none, binds: [[...path, ':', ...path]], artifacts: [folderWeights(path)] };
    }
    const named = ['HF_HUB_CACHE', 'HF_HOME'].find((name) => environment[name] !== undefined);
    if (named === undefined && (setup.length > 0 || modules.length > 0 || command !== undefined)) {
      context.note(
        'the model is not looked for before the Slurm job starts: environment.HF_HOME says where it is',
      );
      return none;
    }
    const variable = named ?? 'HF_HOME';
    const folder = modelFolder(this.recipe, variable, 'huggingface', context);
    if (!folder) {
      context.note(
        `the model is not looked for before the Slurm job starts: ${variable} is inside the container`,
      );
      return none;
    }
    const hub = variable === 'HF_HOME' ? 'hub' : undefined;
    return {
      env: [
        [variable, folder.inside],
        // Compute nodes often have no network, and asking for what is there already would take minutes to fail.
        ['HF_HUB_OFFLINE', ['1']],
      ],
      binds: folder.binds,
      artifacts: [hubWeights(model, parameters.revision ?? 'main', folder, hub, this.#token(context))],
    };
  }

  /** Of a gated model: a file of the person's on the cluster, which the download reads itself. */
  #token(context: JobContext): Value | undefined {
    const token = this.recipe.environment?.HF_TOKEN;
    if (token === undefined || typeof token === 'string') return undefined;
    if ('secret_file' in token)
      return context.expand(token.secret_file.replace(/^~\//, '$HOME/'), ['environment', 'HF_TOKEN'], 'text');
    context.note(
      'HF_TOKEN of a worker is not there when the model is downloaded; a gated one needs secret_file',
    );
    return undefined;
  }
}
