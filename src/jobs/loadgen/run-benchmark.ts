import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Point } from '../../shared/result/point.ts';
import type { FailureReason, Result } from '../../shared/result/result.ts';
import { ValidityCode } from '../../shared/result/validity.ts';
import type { LoadgenConfig } from './config.ts';
import { describePoint, pointWords } from './describe-point.ts';
import type { Node } from './load.ts';
import { readServerVersion } from './read-server-version.ts';
import { runOrder, type Turn } from './run-order.ts';
import { runTurn, type TurnOrder, type TurnResult } from './run-turn.ts';

export interface BenchmarkOrder extends Node {
  readonly config: LoadgenConfig;
  readonly origin: URL;
  /** This program's file, which its threads run too. */
  readonly program: URL;
  readonly version: string;
  /** Where the files that the config names lie. */
  readonly filesFolder: string;
  /** What an interrupted run before this one measured already. */
  readonly before: readonly Point[];
  /** Aborting it ends the benchmark with what was measured so far. */
  readonly signal: AbortSignal;
  readonly onBatch: TurnOrder['onBatch'];
  readonly onTurn: (number: number, turn: Turn) => void;
  readonly onTurnEnd: (turn: Turn, result: TurnResult) => Promise<void>;
  readonly say: (line: string) => void;
  /** Called at the start and after every point with what there is: a failed result, reason `unfinished`. */
  readonly save: (result: Result) => Promise<void>;
}

type Verdict = { status: 'ok' } | { status: 'failed'; reason: FailureReason; message: string };

/** Measures every point in turn and returns the final result, which is the caller's to save. */
export async function runBenchmark(order: BenchmarkOrder): Promise<Result> {
  const { config, origin, signal } = order;
  const turns = runOrder(config);
  const points: Point[] = turns.flatMap((turn) => order.before.find((point) => isSame(point, turn)) ?? []);
  const missing = turns.filter((turn) => !points.some((point) => isSame(point, turn)));
  const model = config.protocol.speaks === 'http' ? null : config.protocol.model;
  const target = { url: origin.origin, model, serverVersion: null as string | null };
  const generator = { version: order.version, node: process.version, host: hostname() };
  const runId = randomUUID();
  const startedAtMs = Date.now();
  const startedAt = new Date(startedAtMs).toISOString();

  function conclude(verdict: Verdict): Result {
    const found = new Set(points.flatMap((point) => point.validity));
    const validity = Object.values(ValidityCode).filter((code) => found.has(code));
    const endedAt = new Date().toISOString();
    return { v: 1, ...verdict, generator, target, runId, config, startedAt, endedAt, points, validity };
  }

  // From the first moment the file says failed: a benchmark killed without warning must not leave an `ok`.
  await order.save(conclude(unfinished(points.length, turns.length)));
  const server = await readServerVersion(origin, signal);
  if (signal.aborted) return conclude(TERMINATED);
  if (!server.reachable) return conclude(unreachable(origin, server.why));
  target.serverVersion = server.version;

  for (const [at, point] of points.entries()) {
    order.say(`${describePoint(at + 1, turns.length, point)}  (measured by an earlier attempt)`);
  }
  for (const turn of missing) {
    order.onTurn(points.length + 1, turn);
    const result = await runTurn(turn, { ...order, runId, startedAtMs });
    points.push(result.point);
    await order.onTurnEnd(turn, result);
    order.say(describePoint(points.length, turns.length, result.point));

    if (signal.aborted) return conclude(TERMINATED);
    const hopeless = reasonToStop(result);
    if (hopeless) return conclude(hopeless);
    await order.save(conclude(unfinished(points.length, turns.length)));
  }
  return conclude(judgeErrors(points, config.maxErrorShare));
}

/** A point of this name that is there already need not be measured again. */
const isSame = (point: Point, { plan, repeat }: Turn): boolean =>
  point.name === plan.name && (point.repeat ?? 1) === repeat;

const TERMINATED: Verdict = {
  status: 'failed',
  reason: 'terminated',
  message:
    'Stopped by a signal before the end (scancel, or the time limit of the job); the last point is partial.',
};

function unfinished(done: number, all: number): Verdict {
  const message = `Not finished: ${done} of ${all} points are done. If nothing runs any more, the load generator was killed.`;
  return { status: 'failed', reason: 'unfinished', message };
}

function unreachable(origin: URL, why: string): Verdict {
  const message = `Cannot reach the server at ${origin.origin}: ${why}. Is the service running, and may this node connect to that port?`;
  return { status: 'failed', reason: 'unreachable', message };
}

/** After such a point the next ones would only waste the allocation. */
function reasonToStop({ point, gaveUp, failure, idle }: TurnResult): Verdict | undefined {
  const where = `at ${pointWords(point)}`;
  if (idle) {
    const message = `Nothing was left for this node ${where}: the load has fewer requests than there are nodes; ask for fewer nodes`;
    return { status: 'failed', reason: 'no-success', message };
  }
  if (point.requests === point.errors) {
    const example = failure === undefined ? '' : `, for example ${failure}`;
    const message = `No request succeeded ${where}: ${point.errors} of ${point.requests} failed${example}`;
    return { status: 'failed', reason: 'no-success', message };
  }
  if (gaveUp === undefined) return undefined;
  const message = `Gave up ${where}: too many failures in a row, the last one: ${gaveUp}`;
  return { status: 'failed', reason: 'stopped-answering', message };
}

function judgeErrors(points: readonly Point[], maxErrorShare: number): Verdict {
  const worst = points.find((point) => point.errors > maxErrorShare * point.requests);
  if (!worst) return { status: 'ok' };
  const kinds = Object.entries(worst.errorKinds).map(([kind, count]) => `${count} ${kind}`);
  const message = `${worst.errors} of ${worst.requests} requests failed at ${pointWords(worst)} (${kinds.join(', ')}); maxErrorShare allows ${maxErrorShare}`;
  return { status: 'failed', reason: 'too-many-errors', message };
}
