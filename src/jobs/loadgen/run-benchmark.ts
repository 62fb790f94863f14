import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Point } from '../../shared/result/point.ts';
import type { FailureReason, Result } from '../../shared/result/result.ts';
import { searchWords } from '../../shared/result/search.ts';
import { ValidityCode } from '../../shared/result/validity.ts';
import type { LoadgenConfig } from './config.ts';
import { describePoint, pointWords } from './describe-point.ts';
import type { Node } from './load.ts';
import { readServerVersion } from './read-server-version.ts';
import { isSame, mostTurns, nextTurn, runOrder, type Turn } from './run-order.ts';
import { runTurn, type TurnOrder, type TurnResult } from './run-turn.ts';
import { searchResult } from './search.ts';

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
  const most = mostTurns(config);
  const points: Point[] = earlierPoints(config, order.before);
  const model = config.protocol.speaks === 'http' ? null : config.protocol.model;
  const target = { url: origin.origin, model, serverVersion: null as string | null };
  const generator = { version: order.version, node: process.version, host: hostname() };
  const runId = randomUUID();
  const startedAtMs = Date.now();
  const startedAt = new Date(startedAtMs).toISOString();

  function conclude(verdict: Verdict): Result {
    const found = new Set(points.flatMap((point) => point.validity));
    const validity = Object.values(ValidityCode).filter((code) => found.has(code));
    const search = config.search ? { search: searchResult(config.search, points) } : {};
    const endedAt = new Date().toISOString();
    return {
      v: 1,
      ...verdict,
      generator,
      target,
      runId,
      config,
      startedAt,
      endedAt,
      points,
      ...search,
      validity,
    };
  }

  // From the first moment the file says failed: a benchmark killed without warning must not leave an `ok`.
  await order.save(conclude(unfinished(points.length, most)));
  const server = await readServerVersion(origin, signal);
  if (signal.aborted) return conclude(TERMINATED);
  if (!server.reachable) return conclude(unreachable(origin, server.why));
  target.serverVersion = server.version;

  for (const [at, point] of points.entries()) {
    order.say(`${describePoint(at + 1, most, point)}  (measured by an earlier attempt)`);
  }
  for (let turn = nextTurn(config, points); turn; turn = nextTurn(config, points)) {
    order.onTurn(points.length + 1, turn);
    const result = await runTurn(turn, { ...order, runId, startedAtMs });
    points.push(result.point);
    await order.onTurnEnd(turn, result);
    order.say(describePoint(points.length, most, result.point));

    if (signal.aborted) return conclude(TERMINATED);
    // That a load is too much for the service is what a search wants to know.
    const hopeless = reasonToStop(config.search ? { ...result, gaveUp: undefined } : result);
    if (hopeless) return conclude(hopeless);
    await order.save(conclude(unfinished(points.length, most)));
  }
  if (config.search) {
    order.say(searchWords(searchResult(config.search, points)));
    // A load that the service could not take is what was looked for, not a failure.
    return conclude({ status: 'ok' });
  }
  return conclude(judgeErrors(points, config.maxErrorShare));
}

/** In the order in which they would be measured now; a search is walked again. */
function earlierPoints(config: LoadgenConfig, before: readonly Point[]): Point[] {
  const { search } = config;
  if (!search) return runOrder(config).flatMap((turn) => before.find((point) => isSame(point, turn)) ?? []);
  const points: Point[] = [];
  for (let turn = nextTurn(config, points); turn; turn = nextTurn(config, points)) {
    const wanted = turn;
    const found = before.find((point) => isSame(point, wanted));
    if (!found) break;
    points.push(found);
  }
  return points;
}

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
