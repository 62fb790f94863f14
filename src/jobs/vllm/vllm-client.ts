import type { z } from 'zod';
import type { LoadgenConfig } from '../loadgen/config.ts';
import { loadParameters } from '../ollama/load-parameters.ts';
import { loadClient, OllamaClient } from '../ollama/ollama-client.ts';

const schema = loadClient.extend({
  parameters: loadParameters
    .extend({ api: loadParameters.shape.api.unwrap().exclude(['generate']).optional() })
    .optional(),
});

/** The same load by OpenAI's API. */
export class VllmClient extends OllamaClient {
  static override readonly summary = 'load on a server with OpenAI’s API: latency, tokens a second';
  static override readonly schema: z.ZodObject = schema;

  protected override protocol(
    api: 'generate' | 'openai-chat' | 'openai-completions' = 'openai-chat',
  ): LoadgenConfig['protocol'] {
    return super.protocol(api);
  }
}
