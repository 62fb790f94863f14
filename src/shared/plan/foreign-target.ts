import { UsageError } from '../errors.ts';
import type { RolePlan } from './plan.ts';

/** What a recipe with clients only is run against: `--target`, `--endpoint`. */
export type ForeignTarget =
  | { is: 'endpoint'; url: string }
  | {
      is: 'session';
      session: string;
      cluster: string;
      service: Pick<RolePlan, 'role' | 'name' | 'kind' | 'endpoint' | 'model'>;
    };

const PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  redis: 6379,
  postgres: 5432,
  postgresql: 5432,
};

/** @throws UsageError for what is no address, or holds a password: an address is stored, and shown. */
export function endpointParts(text: string): { scheme: string; host: string; port: number; path: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol.slice(0, -1) ?? '';
  const port = Number(url?.port) || PORTS[scheme];
  if (
    !url ||
    !/^[a-z][a-z0-9+.-]*$/.test(scheme) ||
    !/^[A-Za-z0-9._-]+$|^\[[0-9a-f:.]+\]$/i.test(url.hostname) ||
    !port
  ) {
    throw new UsageError(`'${text}' is no address of a service`, 'It looks like http://node7:11434.');
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new UsageError(
      `the address of a service has no user, password, ? or #: ${scheme}://${url.hostname}:${port}`,
      'Give a password as a secret: environment: {NAME: {secret: …}}.',
    );
  }
  return { scheme, host: url.hostname, port, path: url.pathname.replace(/\/$/, '') };
}
