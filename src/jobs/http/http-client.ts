import type { ClientContext } from '../client.ts';
import { LoadClient, type LoadgenOrder } from '../load/load-client.ts';
import { type HttpRecipe, httpClient } from '../load/load-parameters.ts';
import { planLoadgen } from '../load/plan-loadgen.ts';

/** Puts load on any HTTP endpoint: the same request, or with `{{index}}` in it a different one each time. */
export class HttpClient extends LoadClient<HttpRecipe> {
  static readonly summary = 'load on any HTTP endpoint: latency, requests a second';
  static readonly schema = httpClient;

  protected order(context: ClientContext): LoadgenOrder {
    const { method, path, headers, body, expect = {} } = this.recipe.parameters ?? {};
    const { status = [], contains } = expect;
    const statuses = Array.isArray(status) ? status : [status];
    if (body !== undefined && (method === undefined || method === 'GET' || method === 'HEAD'))
      context.problem(['parameters', 'body'], 'needs a method that takes one, such as method: POST');
    return planLoadgen(
      this.recipe,
      { protocol: { speaks: 'http', method, path, headers, body, statuses, contains } },
      context,
    );
  }
}
