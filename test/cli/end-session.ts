import type { ProducerDeps } from '../../src/producer/connect-producer.ts';
import { clusterStore } from '../../src/shared/redis/cluster-store.ts';
import type { Point } from '../../src/shared/result/point.ts';
import { type Result, resultSchema } from '../../src/shared/result/result.ts';
import type { Row, SessionEvent, Stamp } from '../../src/shared/session/events.ts';
import { exitsOf } from '../../src/shared/session/finish.ts';
import { isOver } from '../../src/shared/session/record.ts';
import type { SpoolEvent } from '../../src/shared/spool.ts';

type WithoutStamp<T> = T extends unknown ? Omit<T, keyof Stamp> : never;
type End = 'succeeded' | 'failed' | 'cancelled' | 'invalid';

const JOBS = { s1: 101, c1: 102 };
const TIMES = { windowS: 20, killWaitS: 30 };

/** Plays the worker: events of a session of one service and one client. */
async function playWorker({ store, redis }: ProducerDeps, id: string) {
  const cluster = clusterStore(redis, 'local');
  let clock = 0;
  const attempt = (await store.read(id))?.record.attempt ?? 1;
  const apply = async (event: WithoutStamp<SessionEvent>) => {
    const look = event.type === 'looked' ? await cluster.nextLook() : (await cluster.stamp()).look;
    clock += 100;
    await store.apply(id, { ...event, clock, look } as SessionEvent);
  };
  const spool = (role: keyof typeof JOBS, sequence: number, event: Record<string, unknown>) => {
    const file = `${JOBS[role]}-0-w-${String(sequence).padStart(8, '0')}.json`;
    const whole = {
      v: 1,
      name: `sb-x-${id}-${attempt}-${role}`,
      id: JOBS[role],
      restart: 0,
      ...event,
    } as SpoolEvent;
    const files = [{ role, file: { file, restart: 0, sequence, event: whole } }];
    return apply({ type: 'spool', attempt, files, at: 1 });
  };
  const submit = async (role: keyof typeof JOBS) => {
    await apply({ type: 'submit-began', attempt, role });
    await apply({
      type: 'submit-answered',
      attempt,
      role,
      answer: { is: 'accepted', id: JOBS[role], at: 1 },
    });
  };
  await apply({ type: 'began', attempt });
  return { attempt, apply, spool, submit };
}

/** Its service is ready, and its client is yet to come. */
export async function serveSession(deps: ProducerDeps, id: string): Promise<void> {
  const { spool, submit } = await playWorker(deps, id);
  await submit('s1');
  await spool('s1', 1, { type: 'started', host: 'node1', port: 4000 });
  await spool('s1', 2, { type: 'ready', port: 4000 });
}

/** All that it sees until its end. */
export async function endSession(deps: ProducerDeps, id: string, end: End): Promise<void> {
  const { store } = deps;
  const { attempt, apply, spool, submit } = await playWorker(deps, id);
  if (end !== 'cancelled') {
    await submit('s1');
    await spool('s1', 1, { type: 'started', host: 'node1', port: 4000 });
    await spool('s1', 2, { type: 'ready', port: 4000 });
    await submit('c1');
    await spool('c1', 1, { type: 'started', host: 'node1' });
    await spool('c1', 2, { type: 'exited', code: end === 'failed' ? 3 : 0 });
    await apply({ type: 'looked', attempt, rows: [row('c1', 'COMPLETED')], times: TIMES });
  } else await apply({ type: 'cancel-requested', text: 'cancelled by a person' });
  await apply({ type: 'closed', attempt, windowS: 20, owners: [] });
  for (let looks = 0; looks < 3; looks++) {
    const rows = end === 'cancelled' ? [] : [row('s1', 'CANCELLED'), row('c1', 'COMPLETED')];
    await apply({ type: 'looked', attempt, rows, times: TIMES });
  }
  const results =
    end === 'succeeded' ? { c1: resultOf('ok') } : end === 'invalid' ? { c1: resultOf('failed') } : {};
  const checked = exitsOf((await store.read(id))?.record.roles ?? {});
  await apply({ type: 'collected', attempt, checked, invalid: [], results, endedAt: Date.now() });
  const record = (await store.read(id))?.record;
  if (!record || !isOver(record)) throw new Error(`it did not end: ${JSON.stringify(record)}`);
}

function row(role: keyof typeof JOBS, word: string): { role: string; row: Row } {
  const life = word === 'RUNNING' ? 'live' : 'ended';
  return { role, row: { id: JOBS[role], word, life, reason: 'None', nodes: 'node1', source: 'squeue' } };
}

const latencies = { p50: 12.34, p90: 20, p99: 45.67 };
const point: Point = {
  concurrency: 2,
  startedAt: '2026-01-01T00:00:00.000Z',
  warmup: { requests: 1, errors: 0 },
  requests: 40,
  errors: 1,
  errorKinds: { timeout: 1 },
  durationS: 60,
  ttftMs: latencies,
  tpotMs: { p50: null, p90: null, p99: null },
  e2eMs: { p50: 1234.5, p90: 2000, p99: 3000 },
  inputTokens: 100,
  outputTokens: 320,
  outputTokensPerS: 5.333,
  requestsPerS: 0.65,
  meanConcurrency: 2,
  self: { loopDelayP99Ms: 1, cpuShare: 0.1 },
  validity: ['LOW_SAMPLES', 'ERRORS'],
};

function resultOf(status: 'ok' | 'failed'): Result {
  return resultSchema.parse({
    v: 1,
    generator: { version: '0.0.0', node: 'v20.0.0', host: 'node1' },
    target: { url: 'http://node1:4000/', model: 'tiny', serverVersion: null },
    runId: 'r',
    config: {},
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:01:00.000Z',
    points: [point],
    validity: point.validity,
    status,
    ...(status === 'failed' ? { reason: 'too-many-errors', message: 'one in forty' } : {}),
  });
}
