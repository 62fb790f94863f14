import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { RequestRecord } from '../../shared/result/request-record.ts';
import type { FailureReason, Point, Result } from '../../shared/result/result.ts';
import { ValidityCode } from '../../shared/result/validity.ts';
import type { LoadgenConfig } from './config.ts';
import { describePoint } from './describe-point.ts';
import { judgePoint } from './judge-point.ts';
import { listPoints, pointWords } from './list-points.ts';
import { ollamaGenerate } from './ollama-generate.ts';
import { openAi } from './openai.ts';
import { readServerVersion } from './read-server-version.ts';
import { type PointRun, runPoint } from './run-point.ts';
import { summarisePoint } from './summarise-point.ts';

export interface BenchmarkOrder {
  readonly config: LoadgenConfig;
  readonly origin: URL;
  readonly version: string;
  /** Aborting it ends the benchmark with what was measured so far. */
  readonly signal: AbortSignal;
  readonly onRecord: (record: RequestRecord) => void;
  readonly onPointStart: (point: number, concurrency: number, requests: number | null) => void;
  readonly say: (line: string) => void;
  /** Called at the start and after every point with what there is: a failed result, reason `unfinished`. */
  readonly save: (result: Result) => Promise<void>;
}

type Verdict = { status: 'ok' } | { status: 'failed'; reason: FailureReason; message: string };

/** Measures every point in order and returns the final result, which is the caller's to save. */
export async function runBenchmark(order: BenchmarkOrder): Promise<Result> {
  const { config, origin, signal } = order;
  const zeroMs = performance.now();
  const points: Point[] = [];
  const target = { url: origin.origin, model: config.model, serverVersion: null as string | null };
  const generator = { version: order.version, node: process.version, host: hostname() };
  const runId = randomUUID();
  const startedAt = new Date().toISOString();

  function conclude(verdict: Verdict): Result {
    const found = new Set(points.flatMap((point) => point.validity));
    const validity = Object.values(ValidityCode).filter((code) => found.has(code));
    const endedAt = new Date().toISOString();
    return { v: 1, ...verdict, generator, target, runId, config, startedAt, endedAt, points, validity };
  }

  // From the first moment the file says failed: a benchmark killed without warning must not leave an `ok`.
  await order.save(conclude(unfinished(0, config)));
  const server = await readServerVersion(origin, signal);
  if (signal.aborted) return conclude(TERMINATED);
  if (!server.reachable) return conclude(unreachable(origin, server.why));
  target.serverVersion = server.version;

  const planned = listPoints(config);
  for (const [at, { concurrency, config: own, label }] of planned.entries()) {
    order.onPointStart(at + 1, concurrency, own.requests ?? null);
    const protocol = own.protocol === 'ollama-generate' ? ollamaGenerate(own) : openAi(own);
    const run = await runPoint({
      ...order,
      config: own,
      protocol,
      runId,
      zeroMs,
      point: at + 1,
      concurrency,
    });
    const summary = { ...summarisePoint(concurrency, run), ...label };
    const point = { ...summary, validity: judgePoint(summary, run, own) };
    points.push(point);
    order.say(describePoint(at + 1, planned.length, point));

    if (signal.aborted) return conclude(TERMINATED);
    const hopeless = reasonToStop(point, run);
    if (hopeless) return conclude(hopeless);
    await order.save(conclude(unfinished(points.length, config)));
  }
  return conclude(judgeErrors(points, config.maxErrorShare));
}

const TERMINATED: Verdict = {
  status: 'failed',
  reason: 'terminated',
  message:
    'Stopped by a signal before the end (scancel, or the time limit of the job); the last point is partial.',
};

function unfinished(done: number, config: LoadgenConfig): Verdict {
  const message = `Not finished: ${done} of ${listPoints(config).length} points are done. If nothing runs any more, the load generator was killed.`;
  return { status: 'failed', reason: 'unfinished', message };
}

function unreachable(origin: URL, why: string): Verdict {
  const message = `Cannot reach the server at ${origin.origin}: ${why}. Is the service running, and may this node connect to that port?`;
  return { status: 'failed', reason: 'unreachable', message };
}

/** After such a point the next ones would only waste the allocation. */
function reasonToStop(point: Point, run: PointRun): Verdict | undefined {
  const where = `at ${pointWords(point)}`;
  if (point.outputTokens === 0) {
    const first = run.records.find((record) => record.outcome === 'error');
    const example = first?.outcome === 'error' ? `, for example ${first.kind}: ${first.message}` : '';
    const message = `No request succeeded ${where}: ${point.errors} of ${point.requests} failed${example}`;
    return { status: 'failed', reason: 'no-success', message };
  }
  if (run.gaveUp === undefined) return undefined;
  const message = `Gave up ${where}: too many failures in a row, the last one: ${run.gaveUp}`;
  return { status: 'failed', reason: 'stopped-answering', message };
}

function judgeErrors(points: readonly Point[], maxErrorShare: number): Verdict {
  const worst = points.find((point) => point.errors > maxErrorShare * point.requests);
  if (!worst) return { status: 'ok' };
  const kinds = Object.entries(worst.errorKinds).map(([kind, count]) => `${count} ${kind}`);
  const message = `${worst.errors} of ${worst.requests} requests failed at ${pointWords(worst)} (${kinds.join(', ')}); maxErrorShare allows ${maxErrorShare}`;
  return { status: 'failed', reason: 'too-many-errors', message };
}
