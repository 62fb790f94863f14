import type { ClientContext } from '../client.ts';
import { askModel } from '../load/ask-model.ts';
import { LoadClient, type LoadgenOrder } from '../load/load-client.ts';
import { type LoadRecipe, loadClient } from '../load/load-parameters.ts';
import { planLoadgen } from '../load/plan-loadgen.ts';

/** Puts load on a server with Ollama's API and measures each answer, token by token. */
export class OllamaClient extends LoadClient<LoadRecipe> {
  static readonly summary = 'load on a server with Ollama’s API: latency, tokens a second';
  static readonly schema = loadClient;

  protected order(context: ClientContext): LoadgenOrder {
    return planLoadgen(this.recipe, askModel(this.recipe, 'generate', context), context);
  }
}
