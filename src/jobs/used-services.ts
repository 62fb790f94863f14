import type { RolePlan } from '../shared/plan/plan.ts';
import { pathName } from '../shared/yaml/issue-words.ts';
import { CLIENT_TOKENS } from './expand.ts';
import { type MorePort, morePorts, portTokens } from './more-ports.ts';
import type { ClientEntry, ServiceEntry } from './read-recipe.ts';
import type { ServiceFrame } from './recipe-schema.ts';
import type { SessionContext } from './session-context.ts';
import type { Token } from './shell-word.ts';

/** Whom a client talks to: its target first, and by name every other service of the session. */
export function usedServices(entry: ClientEntry, services: readonly RolePlan[], session: SessionContext) {
  const { foreign } = entry;
  if (foreign?.is === 'endpoint') {
    const target = { is: 'endpoint' as const, url: foreign.url };
    return { needs: [], target, endpoint: { scheme: '', path: '' }, others: [], tokens: CLIENT_TOKENS };
  }
  if (foreign) {
    const { role, endpoint } = foreign.service;
    const target = { is: 'session' as const, session: foreign.session, role };
    return { needs: [], target, endpoint, others: [], tokens: CLIENT_TOKENS };
  }
  const main = services.find(({ role }) => role === entry.target.role);
  const listening = services.flatMap(({ role, name, endpoint }) =>
    endpoint ? [{ variable: variableName(name), role, ...endpoint }] : [],
  );
  const others = services.length > 1 ? listening : [];
  const named = others.flatMap(({ variable }) =>
    (['HOST', 'PORT', 'URL'] as const).map((what): Token => `TARGET_SERVICE_${variable}_${what}`),
  );
  const ports = portTokens(morePorts(session.source, entry.target.at), 'TARGET_SERVICE_PORT');
  return {
    needs: [
      entry.target.role,
      ...others.map(({ role }) => role).filter((role) => role !== entry.target.role),
    ],
    endpoint: main?.endpoint,
    others,
    tokens: new Set([...CLIENT_TOKENS, ...ports, ...named]),
  };
}

const variableName = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '_');

/** Two numbers that are the same could not both be listened on. */
export function samePortTwice(
  entry: ServiceEntry,
  frame: ServiceFrame,
  more: readonly MorePort[],
  { source, problems }: SessionContext,
): void {
  const numbers = [frame.ports, ...more.map(({ port }) => port)].filter((port) => typeof port === 'number');
  if (new Set(numbers).size === numbers.length) return;
  const path = [...entry.at, 'ports'];
  problems.at(source, path, `${pathName(path, 'recipe')} has the same number twice`);
}
