import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { coerceError, UsageError } from '../../shared/errors.ts';
import type { Settings } from '../../shared/settings/settings.ts';
import { closeProducer, connectProducer } from '../connect-producer.ts';
import { dashboardApp } from './app.ts';

export interface RunningDashboard {
  url: string;
  close(): Promise<void>;
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

/** @throws RedisError when no Redis answers, UsageError when the address cannot be had. */
export async function startDashboard(
  settings: Settings,
  { host, port }: { host: string; port: number },
): Promise<RunningDashboard> {
  const deps = await connectProducer(settings.redis);
  const server = createServer(dashboardApp(deps, Object.keys(settings.clusters), isLoopback(host)));
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
