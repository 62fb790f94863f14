import { setTimeout as after } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { ConnectionError, coerceError, SbenchError } from '../errors.ts';
import { keys } from '../redis/keys.ts';
import { type Lease, takeLease } from '../redis/lease.ts';

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
/** Refused keys, tried again and again, get an account banned: once an hour, or when a person says so. */
const PERSON_PAUSE_MS = 3_600_000;
/** Renewed while the probe lasts: a prober that died must not keep a cluster closed. */
const PROBE_MS = 20_000;

/** How long a worker waits for the logins of others, and how often it looks whether they are done. */
const LONGEST_TURN_MS = 60_000;
const TURN_LOOK_MS = 100;

export interface BreakerState {
  needsPerson: boolean;
  why: string;
  failures: number;
  /** Milliseconds until somebody may try again. */
  pauseMs: number;
}

const OTHERS_FIRST: BreakerState = {
  needsPerson: false,
  why: 'other workers are still logging in',
  failures: 0,
  pauseMs: 2_000,
};

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
  const prober = await takeTurn(redis, cluster);
  const keeper = setInterval(() => void prober.renew().catch(() => undefined), PROBE_MS / 4);
  try {
    // Another prober may have failed between our look and our lease.
    const state = await readBreaker(redis, cluster);
    if (state && state.pauseMs > 0) throw stillOpen(cluster, state, state.pauseMs);
    return await probe(redis, cluster, state, connect, onClosed);
  } finally {
    clearInterval(keeper);
    await prober.yield();
  }
}

/**
 * One login at a time, also while all is well: many workers that begin with a wrong key must not try it all at once.
 * While the breaker is closed the others wait for that verdict here; while it is open, in their queue.
 */
async function takeTurn(redis: Redis, cluster: string): Promise<Lease> {
  const started = performance.now();
  for (;;) {
    const state = await readBreaker(redis, cluster);
    if (state && state.pauseMs > 0) throw stillOpen(cluster, state, state.pauseMs);
    const prober = await takeLease(redis, keys.prober(cluster), PROBE_MS);
    if (prober) return prober;
    if (state) throw stillOpen(cluster, state, 2_000);
    if (performance.now() - started > LONGEST_TURN_MS) throw stillOpen(cluster, OTHERS_FIRST, 2_000);
    await after(TURN_LOOK_MS);
  }
}

async function probe<T>(
  redis: Redis,
  cluster: string,
  state: BreakerState | undefined,
  connect: () => Promise<T>,
  onClosed: () => Promise<void>,
): Promise<T> {
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
