import { LoadClient } from '../load/load-client.ts';
import { loadClient } from '../load/load-parameters.ts';

/** Puts load on a server with Ollama's API and measures each answer, token by token. */
export class OllamaClient extends LoadClient {
  static readonly summary = 'load on a server with Ollama’s API: latency, tokens a second';
  static readonly schema = loadClient;
  protected override readonly defaultApi = 'generate';
}
