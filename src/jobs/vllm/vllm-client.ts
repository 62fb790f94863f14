import { LoadClient } from '../load/load-client.ts';
import { loadClient, loadParameters } from '../load/load-parameters.ts';

const schema = loadClient.extend({
  parameters: loadParameters
    .extend({ api: loadParameters.shape.api.unwrap().exclude(['generate', 'chat', 'embed']).optional() })
    .optional(),
});

/** The same load by OpenAI's API. */
export class VllmClient extends LoadClient {
  static readonly summary = 'load on a server with OpenAI’s API: latency, tokens a second';
  static readonly schema = schema;
  protected override readonly defaultApi = 'openai-chat';
}
