import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where `sbench up` keeps a Redis of this person's own: its data, and the socket by which alone it is reached. */
export function privateRedis(env: Readonly<Record<string, string | undefined>>, home: string) {
  const state = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : join(home, '.local/state');
  const folder = join(state, 'sbench/redis');
  const socket = join(folder, 'redis.sock');
  return { folder, socket, url: `unix://${encodeURI(socket)}`, log: join(folder, 'redis.log') };
}

/**
 * Where Redis is when nobody says. Once `sbench up` has made one, it is always that one, running or not: whatever else
 * happens to listen on this machine is another installation.
 */
export function defaultRedis(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const own = privateRedis(env, home);
  return existsSync(own.folder) ? own.url : 'redis://127.0.0.1:6379';
}
