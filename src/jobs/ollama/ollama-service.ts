import type { z } from 'zod';
import type { JobContext } from '../job.ts';
import { modelFolder } from '../model-folder.ts';
import { nonEmpty, serviceFrame } from '../recipe-schema.ts';
import { Service, type ServicePlan } from '../service.ts';
import { type Value, valueText } from '../shell-word.ts';
import { ollamaWeights } from './ollama-weights.ts';
import { serverEnvironment, serverParameters } from './server-parameters.ts';

const schema = serviceFrame.extend({
  model: nonEmpty.describe('As Ollama names it: llama3.2:3b.'),
  parameters: serverParameters.optional().describe('Of the server: what its OLLAMA_… variables say.'),
});

/** Ollama, or a server that speaks its API. Ready means that the model is loaded and gave one token. */
export class OllamaService extends Service<z.infer<typeof schema>> {
  static readonly summary = 'Ollama, or a server with its API (command:)';
  static readonly schema = schema;
  static readonly owns = ['OLLAMA_HOST'];

  override get model(): string {
    return this.recipe.model;
  }

  plan(context: JobContext): ServicePlan {
    const { command = 'ollama', args = ['serve'], model, ports = 'auto', parameters = {} } = this.recipe;
    const program = context.expand(command, ['command'], 'path');
    const models = this.#models(context);
    // The recipe's own word on it is not overruled by what preloads the model.
    const given = this.recipe.environment?.OLLAMA_KEEP_ALIVE !== undefined;
    const keepAlive = given ? {} : { keep_alive: parameters.keep_alive ?? -1 };
    // Said to the server, too: not every one with this API remembers it from the request that loaded the model.
    return {
      argv: [program, ...args.map((arg, index) => context.expand(arg, ['args', index], 'text'))],
      env: [
        ['OLLAMA_HOST', ['0.0.0.0:', { token: 'SBENCH_PORT' }]],
        ...(models ? [['OLLAMA_MODELS', models.inside] as [string, Value]] : []),
        // At its start it would delete what another session is just pulling into the same folder.
        ...(models ? [['OLLAMA_NOPRUNE', ['1']] as [string, Value]] : []),
        ...serverEnvironment({ ...keepAlive, ...parameters }, this.recipe, context),
      ],
      binds: models?.binds ?? [],
      artifacts: models ? [ollamaWeights(model, models, program)] : [],
      files: [],
      // Where a module or a program of one's own brings it, it is meant to run on the node.
      ...(this.recipe.command === undefined && this.recipe.modules === undefined
        ? { image: { docker: 'docker://ollama/ollama:0.11.0' } }
        : {}),
      resultParser: 'none',
      port: ports,
      endpoint: { scheme: 'http', path: '' },
      readiness: {
        probe: 'http',
        method: 'POST',
        path: '/api/generate',
        body: JSON.stringify({
          model,
          prompt: 'hi',
          stream: false,
          options: { num_predict: 1 },
          ...keepAlive,
        }),
        expect: '"done":true',
        fatal: 'not found',
      },
      describe: [
        { name: 'version', method: 'GET', path: '/api/version' },
        { name: 'loaded', method: 'GET', path: '/api/ps' },
        { name: 'model', method: 'POST', path: '/api/show', body: JSON.stringify({ model }) },
      ],
    };
  }

  /**
   * Of Ollama itself. Another server with its API keeps models in its own way, and says itself that one is missing;
   * so does an Ollama whose folder only its module or a setup line knows.
   */
  #models(context: JobContext) {
    const { command = 'ollama', modules = [], setup = [], environment = {} } = this.recipe;
    if (command.split('/').at(-1) !== 'ollama') return undefined;
    const elsewhere = modules.length > 0 || setup.length > 0;
    if (environment.OLLAMA_MODELS === undefined && elsewhere) {
      context.note(
        'the model is not looked for before the Slurm job starts: environment.OLLAMA_MODELS says where it is',
      );
      return undefined;
    }
    const folder = modelFolder(this.recipe, 'OLLAMA_MODELS', 'ollama', context);
    if (!folder) {
      const where = valueText([String(environment.OLLAMA_MODELS ?? '')]);
      context.note(
        `the model is not looked for before the Slurm job starts: ${where} is inside the container`,
      );
    }
    return folder;
  }
}
