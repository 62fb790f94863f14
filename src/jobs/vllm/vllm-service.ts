import { z } from 'zod';
import type { JobContext } from '../job.ts';
import { nonEmpty, serviceFrame } from '../recipe-schema.ts';
import { mustNotOwn } from '../server-settings.ts';
import { Service, type ServicePlan } from '../service.ts';
import type { Value } from '../shell-word.ts';

const schema = serviceFrame.extend({
  model: nonEmpty,
  parameters: z
    .strictObject({
      tensor_parallel_size: z.number().int().min(1).max(1024).optional(),
      pipeline_parallel_size: z.number().int().min(1).max(1024).optional(),
      max_model_len: z.number().int().min(1).optional(),
      max_num_seqs: z.number().int().min(1).optional(),
      gpu_memory_utilization: z.number().positive().max(1).optional(),
      dtype: z.enum(['auto', 'half', 'float16', 'bfloat16', 'float', 'float32']).optional(),
      quantization: nonEmpty.optional(),
      seed: z.number().int().min(0).optional(),
      enable_prefix_caching: z.boolean().optional(),
    })
    .optional(),
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
    mustNotOwn({ args }, OWNED, this.kind, context);
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
        ...args.map((arg, index) => context.expand(arg, ['args', index], 'text')),
        ['--host'],
        ['0.0.0.0'],
        ['--port'],
        [{ token: 'SBENCH_PORT' }],
      ],
      env: [],
      binds: [],
      artifacts: [],
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
      },
    };
  }
}
