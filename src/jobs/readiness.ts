import type { HealthCheck } from './health-check.ts';
import type { JobContext } from './job.ts';
import type { Readiness } from './service.ts';

/** How long one answer may take; a check of a kind's own may load a model, a person's should not. */
const PATIENCE_S = 10;

/** The recipe's check, else the kind's own. `listens`: the service has a port to ask. */
export function readinessOf(
  check: HealthCheck | undefined,
  own: Readiness,
  context: JobContext,
  { listens, generic }: { listens: boolean; generic: boolean },
): Readiness {
  if (check === undefined) return own;
  const given = (['http', 'tcp', 'command'] as const).filter((key) => check[key] !== undefined);
  if (given.length > 1) {
    context.problem(
      ['health_check', given[1] ?? ''],
      `and health_check.${given[0]} are both given; give one`,
    );
  }
  const found = asked(check, own, context, generic);
  if ((found.probe === 'http' || found.probe === 'tcp') && !listens) {
    context.problem(['health_check'], "asks a port, and the service has none; give it 'ports'");
  }
  return check.interval === undefined ? found : { ...found, everyS: check.interval };
}

function asked(check: HealthCheck, own: Readiness, context: JobContext, generic: boolean): Readiness {
  if (check.http !== undefined) return httpReadiness(check.http);
  if (check.tcp === true) return { probe: 'tcp' };
  if (check.command !== undefined) {
    const words = typeof check.command === 'string' ? [check.command] : check.command;
    const at = (index: number) =>
      typeof check.command === 'string' ? ['health_check', 'command'] : ['health_check', 'command', index];
    return { probe: 'command', argv: words.map((each, index) => context.expand(each, at(index), 'text')) };
  }
  // `tcp: false`: running is ready.
  if (check.tcp === false) return { probe: 'none' };
  if (check.endpoint === undefined) return own;
  if (!generic) {
    context.note('health_check.endpoint is not used: the kind’s own check asks for more');
    return own;
  }
  return endpointReadiness(check.endpoint);
}

function httpReadiness(asked: NonNullable<HealthCheck['http']>): Readiness {
  const {
    path = '/',
    method = 'GET',
    body = '',
    status,
    text = '',
  } = typeof asked === 'string' ? { path: asked } : asked;
  return {
    probe: 'http',
    method,
    path,
    body,
    expect: text,
    fatal: '',
    status: typeof status === 'number' ? [status] : status,
    patienceS: PATIENCE_S,
  };
}

/** `http://localhost:8080/health`, `/health`, or another scheme, of which only the port can be asked. */
function endpointReadiness(endpoint: string): Readiness {
  const { path } = /^(?:http:\/\/[^/]*)?(?<path>\/[!-~]*)$/.exec(endpoint)?.groups ?? {};
  if (path !== undefined) return httpReadiness(path);
  return /^http:\/\/[^/]*$/.test(endpoint) ? httpReadiness('/') : { probe: 'tcp' };
}
