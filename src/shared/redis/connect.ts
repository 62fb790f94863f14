import { Redis, type RedisOptions } from 'ioredis';
import { RedisError, UsageError } from '../errors.ts';

/**
 * How a Redis is used decides how it has to behave while it is away: a command of a person fails at once, a worker
 * waits for ever (BullMQ demands it for its blocking connections).
 */
export type RedisUse = 'ask' | 'work';

/** Options for BullMQ and for ourselves. `url`: redis://, rediss:// or unix:///path. */
export function redisOptions(url: string, use: RedisUse): RedisOptions {
  const parsed = parseUrl(url);
  const target: RedisOptions =
    parsed.protocol === 'unix:'
      ? { path: decodeURIComponent(parsed.pathname) }
      : {
          host: parsed.hostname,
          port: Number(parsed.port || 6379),
          db: Number(parsed.pathname.slice(1) || 0),
          ...(parsed.username ? { username: decodeURIComponent(parsed.username) } : {}),
          ...(parsed.password ? { password: decodeURIComponent(parsed.password) } : {}),
          ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
        };
  if (use === 'work') {
    return { ...target, maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 200, 2_000) };
  }
  return {
    ...target,
    maxRetriesPerRequest: 1,
    connectTimeout: 5_000,
    retryStrategy: (times) => (times > 3 ? null : 200),
  };
}

/**
 * A connection that answers.
 * @throws RedisError when there is none within 5 s (use `ask`).
 */
export async function connectRedis(url: string, use: RedisUse): Promise<Redis> {
  const redis = new Redis({ ...redisOptions(url, use), lazyConnect: true });
  let last: Error | undefined;
  // Without a listener an outage would end the process.
  redis.on('error', (error) => {
    last = error;
  });
  try {
    await within(
      SILENT_MS,
      redis.connect().then(() => redis.ping()),
    );
    return redis;
  } catch (error) {
    if (use === 'work' && redis.status !== 'end') return redis;
    redis.disconnect();
    throw new RedisError(
      `no Redis answers at ${withoutPassword(url)}: ${(last ?? (error as Error)).message}`,
      'Start one with all that is needed: sbench up. Or say where it is: `redis:` in the configuration, or SBENCH_REDIS.',
    );
  }
}

/** A server that hangs takes connections, and answers nothing. */
const SILENT_MS = 5_000;

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_, reject) => {
    const why = `it takes connections and answers nothing for ${ms / 1_000} s`;
    timer = setTimeout(() => reject(new Error(why)), ms);
  });
  // When it comes too late nobody is left to hear of it.
  work.catch(() => undefined);
  try {
    await Promise.race([work, silent]);
  } finally {
    clearTimeout(timer);
  }
}

function parseUrl(url: string): URL {
  try {
    const parsed = new URL(url);
    decodeURIComponent(parsed.password + parsed.username + parsed.pathname);
    return parsed;
  } catch {
    throw new UsageError(
      'the address of Redis is no URL',
      'Write redis://user:password@host:port or unix:///path, with / @ : and % of the password percent-encoded.',
    );
  }
}

export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'an address that is no URL';
  const shown = new URL(url);
  const secret = shown.username !== '' || shown.password !== '';
  shown.username = '';
  shown.password = '';
  return secret ? shown.href.replace('://', '://***@') : shown.href;
}
