import { UsageError } from '../shared/errors.ts';
import { endpointParts, type ForeignTarget } from '../shared/plan/foreign-target.ts';
import { serviceRoles } from '../shared/plan/plan.ts';
import { isOver } from '../shared/session/record.ts';
import type { ProducerDeps } from './connect-producer.ts';
import { findSession, noSession } from './find-session.ts';

/** An address of a service that nobody here started. @throws UsageError when it is none. */
export function endpointTarget(url: string): ForeignTarget {
  endpointParts(url);
  return { is: 'endpoint', url };
}

/**
 * The service of a session that runs, for a client of another: `SESSION`, or `SESSION/NAME` when it has several.
 * @throws UsageError when there is none, or it is over.
 */
export async function sessionTarget(deps: ProducerDeps, text: string): Promise<ForeignTarget> {
  const [name = '', wanted] = text.split('/');
  const id = await findSession(deps, name);
  const found = await deps.store.read(id);
  if (!found) throw noSession(id);
  const { record, plan } = found;
  if (isOver(record) || record.ending)
    throw new UsageError(
      `session ${id} is ${record.state}: its service is no more`,
      'sbench list shows what runs.',
    );
  const services = serviceRoles(plan).filter(
    (role) => role.endpoint && (wanted === undefined || role.name === wanted || role.role === wanted),
  );
  const [service] = services;
  if (!service || services.length > 1) {
    const names = serviceRoles(plan).map((role) => role.name);
    const which = names.length > 0 ? `it has: ${names.join(', ')}` : 'it has none';
    throw new UsageError(
      `session ${id}: ${service ? 'which service?' : 'no such service'}; ${which}`,
      `Name one: --target ${id}/${names[0] ?? 'NAME'}`,
    );
  }
  const { role, name: called, kind, endpoint, model } = service;
  return {
    is: 'session',
    session: id,
    cluster: record.cluster,
    service: { role, name: called, kind, endpoint, model },
  };
}
