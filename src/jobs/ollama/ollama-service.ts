import type { z } from 'zod';
import type { JobContext } from '../job.ts';
import { nonEmpty, serviceFrame } from '../recipe-schema.ts';
import { Service, type ServicePlan } from '../service.ts';

const schema = serviceFrame.extend({ model: nonEmpty });

/** Ollama, or a server that speaks its API. Ready means that the model is loaded and gave one token. */
export class OllamaService extends Service<z.infer<typeof schema>> {
  static readonly summary = 'Ollama, or a server with its API (command:)';
  static readonly schema = schema;
  static readonly owns = ['OLLAMA_HOST'];

  override get model(): string {
    return this.recipe.model;
  }

  plan(context: JobContext): ServicePlan {
    const { command = 'ollama', args = ['serve'], model, ports = 'auto' } = this.recipe;
    return {
      argv: [
        context.expand(command, ['command'], 'path'),
        ...args.map((arg, index) => context.expand(arg, ['args', index], 'text')),
      ],
      env: [['OLLAMA_HOST', ['0.0.0.0:', { token: 'SBENCH_PORT' }]]],
      binds: [],
      artifacts: [],
      files: [],
      resultParser: 'none',
      port: ports,
      endpoint: { scheme: 'http', path: '' },
      readiness: {
        probe: 'http',
        method: 'POST',
        path: '/api/generate',
        body: JSON.stringify({ model, prompt: 'hi', stream: false, options: { num_predict: 1 } }),
        expect: '"done":true',
        fatal: 'not found',
      },
    };
  }
}
