import type { ClientContext } from '../client.ts';
import { askModel } from '../load/ask-model.ts';
import { LoadClient, type LoadgenOrder } from '../load/load-client.ts';
import { type LoadRecipe, loadClient, loadParameters } from '../load/load-parameters.ts';
import { planLoadgen } from '../load/plan-loadgen.ts';

const schema = loadClient.extend({
  parameters: loadParameters
    .extend({
      api: loadParameters.shape.api
        .unwrap()
        .exclude(['generate', 'chat', 'embed'])
        .optional()
        .describe('Which of the server’s APIs is asked.'),
    })
    .optional()
    .describe('What each request is, and the load generator’s own settings.'),
});

/** The same load by OpenAI's API. */
export class VllmClient extends LoadClient<LoadRecipe> {
  static readonly summary = 'load on a server with OpenAI’s API: latency, tokens a second';
  static readonly schema = schema;

  protected order(context: ClientContext): LoadgenOrder {
    return planLoadgen(this.recipe, askModel(this.recipe, 'openai-chat', context), context);
  }
}
