import type { Redis } from 'ioredis';
import { ConnectionError, coerceError, SbenchError } from '../errors.ts';
import { keys } from '../redis/keys.ts';
import { takeLease } from '../redis/lease.ts';

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
/** Refused keys, tried again and again, get an account banned: once an hour, or when a person says so. */
const PERSON_PAUSE_MS = 3_600_000;
/** Renewed while the probe lasts: a prober that died must not keep a cluster closed. */
const PROBE_MS = 20_000;

export interface BreakerState {
  needsPerson: boolean;
  why: string;
  failures: number;
  /** Milliseconds until somebody may try again. */
  pauseMs: number;
}

export async function readBreaker(redis: Redis, cluster: string): Promise<BreakerState | undefined> {
  const [stored, pauseMs] = await Promise.all([
    redis.hgetall(keys.breaker(cluster)),
    redis.pttl(`${keys.breaker(cluster)}:pause`),
  ]);
  if (!stored.why) return undefined;
  const { why, person, failures } = stored;
  return { why, needsPerson: person === 'yes', failures: Number(failures), pauseMs: Math.max(0, pauseMs) };
}

/** A person says that it is mended: the next action tries at once. */
export async function resetBreaker(redis: Redis, cluster: string): Promise<void> {
  await redis.del(keys.breaker(cluster), `${keys.breaker(cluster)}:pause`, keys.prober(cluster));
}

/**
 * One breaker for all workers of a cluster: read before every connect, so that an unreachable login node hears from
 * one prober at a time, with growing pauses, and one that refuses our keys hears from nobody.
 * @throws ConnectionError (wait) while it is open, and whatever `connect` throws.
 */
export async function throughBreaker<T>(
  redis: Redis,
  cluster: string,
  connect: () => Promise<T>,
  onClosed: () => Promise<void>,
): Promise<T> {
  const state = await readBreaker(redis, cluster);
  if (state && state.pauseMs > 0) throw stillOpen(cluster, state, state.pauseMs);
  const prober = state ? await takeLease(redis, keys.prober(cluster), PROBE_MS) : undefined;
  if (state && !prober) throw stillOpen(cluster, state, 2_000);
  // Another prober may have failed between our look and our lease.
  const again = prober && (await readBreaker(redis, cluster));
  if (again && again.pauseMs > 0) {
    await prober.yield();
    throw stillOpen(cluster, again, again.pauseMs);
  }
  const keeper = prober && setInterval(() => void prober.renew().catch(() => undefined), PROBE_MS / 4);
  try {
    const connection = await connect();
    if (state) {
      await resetBreaker(redis, cluster);
      await onClosed();
    }
    return connection;
  } catch (error) {
    await open(redis, cluster, coerceError(error), state?.failures ?? 0);
    throw error;
  } finally {
    clearInterval(keeper);
    await prober?.yield();
  }
}

async function open(redis: Redis, cluster: string, error: Error, failures: number): Promise<void> {
  const needsPerson = error instanceof SbenchError && error.remedy === 'person';
  // Jitter: many workers that lost the same login node must not come back in step.
  const growing = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.75 + Math.random() / 2);
  const pauseMs = needsPerson ? PERSON_PAUSE_MS : growing;
  await redis
    .multi()
    .hset(keys.breaker(cluster), {
      why: error.message || error.name,
      person: needsPerson ? 'yes' : 'no',
      failures: failures + 1,
      since: Date.now(),
    })
    .set(`${keys.breaker(cluster)}:pause`, '1', 'PX', Math.ceil(pauseMs))
    .exec();
}

function stillOpen(cluster: string, state: BreakerState, pauseMs: number): SbenchError {
  return new ConnectionError(`cluster ${cluster} cannot be reached: ${state.why}`, {
    code: state.needsPerson ? 'NEEDS_PERSON' : 'UNREACHABLE',
    remedy: 'wait',
    waitMs: Math.min(pauseMs, 60_000),
    hint: state.needsPerson ? 'Mend it; the next try is within the hour.' : undefined,
  });
}
