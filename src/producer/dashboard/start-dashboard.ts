import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { coerceError, UsageError } from '../../shared/errors.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import { closeProducer, connectProducer } from '../connect-producer.ts';
import { readAccess } from './access.ts';
import { dashboardApp } from './app.ts';

export interface RunningDashboard {
  url: string;
  close(): Promise<void>;
}

export interface DashboardOptions {
  host: string;
  port: number;
  /** Where the secrets are: SBENCH_DASHBOARD_PASSWORD(_FILE), SBENCH_DASHBOARD_TOKEN(_FILE). */
  env: Readonly<Record<string, string | undefined>>;
  /** Whoever reaches it may look; on this host's loopback only. */
  noAuth?: boolean;
  openMetrics?: boolean;
  trustProxy?: string[];
  /** The operator's log. */
  say?: (line: string) => void;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

/** A page is asked for in no time; who takes longer holds a connection for nothing. */
const REQUEST_MS = 15_000;

/**
 * @throws RedisError when no Redis answers, UsageError when there is no secret, or the address cannot be had.
 */
export async function startDashboard(
  settings: Settings,
  { host, port, env, noAuth = false, openMetrics, trustProxy, say = () => {} }: DashboardOptions,
): Promise<RunningDashboard> {
  if (noAuth && !isLoopback(host)) {
    throw new UsageError(
      `--no-auth is for this host alone, and ${host} is for others, too`,
      'Leave --host out, or give the dashboard a password: SBENCH_DASHBOARD_PASSWORD_FILE.',
    );
  }
  const access = readAccess(env, noAuth);
  const deps = await connectProducer(settings.redis);
  const clusters = Object.keys(settings.clusters);
  // Behind a proxy it is asked for by the proxy's name.
  const loopback = isLoopback(host) && trustProxy === undefined;
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, maxHeaderSize: 16_384 },
    dashboardApp(deps, { clusters, access, loopback, openMetrics, trustProxy, say }),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    await closeProducer(deps);
    throw new UsageError(
      `cannot listen on ${host}:${port}: ${coerceError(error).message}`,
      'Try another --port.',
    );
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      // Browsers keep their connections open, and would keep us.
      server.closeAllConnections();
      await closed;
      await closeProducer(deps);
    },
  };
}
