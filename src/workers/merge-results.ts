import { concludePoint } from '../jobs/loadgen/analyse/conclude-point.ts';
import { type PauseCounts, pauseCountsSchema } from '../jobs/loadgen/analyse/count-pauses.ts';
import { countedDistribution } from '../jobs/loadgen/analyse/distribution.ts';
import { rowsOfRecords } from '../jobs/loadgen/analyse/rows-of-records.ts';
import { type LoadgenConfig, loadgenConfigSchema } from '../jobs/loadgen/config.ts';
import { pointWords } from '../jobs/loadgen/describe-point.ts';
import type { PointEnd } from '../jobs/loadgen/engine/drive-point.ts';
import type { Window } from '../jobs/loadgen/engine/load-share.ts';
import { isShared, type Load } from '../jobs/loadgen/load.ts';
import { runOrder, type Turn } from '../jobs/loadgen/run-order.ts';
import type { Point } from '../shared/result/point.ts';
import { type RequestRecord, requestRecordSchema } from '../shared/result/request-record.ts';
import type { Result } from '../shared/result/result.ts';
import { ValidityCode } from '../shared/result/validity.ts';

export interface NodeResult {
  result: Result;
  /** Its `requests.jsonl`. */
  requests: string;
  /** Its `pauses.jsonl`, when there is one. */
  pauses?: string | undefined;
}

/** A point as one node measured it, and its requests on the point's own clock. */
interface Part {
  point: Point;
  records: RequestRecord[];
}

/**
 * One result of the generators of several nodes, which began together: every number is computed from all requests of
 * all nodes. A percentile of percentiles would be none. No node's clock is compared with another's: the windows of a
 * point are laid over each other at their starts.
 */
export function mergeResults(nodes: readonly NodeResult[]): Result {
  const [first] = nodes;
  if (!first) throw new Error('there is no result to merge');
  const records = nodes.map(({ requests }) => readLines(requests, requestRecordSchema));
  const pauses = nodes.map((node) => readLines(node.pauses ?? '', pauseCountsSchema));
  const config = loadgenConfigSchema.parse(first.result.config);
  const points = runOrder(config).flatMap((turn) => {
    const parts = nodes.flatMap(({ result }, node) => partOf(turn, result, records[node] ?? []));
    return parts.length === nodes.length
      ? [{ ...mergePoint(turn, parts, config), ...itlOf(turn, pauses) }]
      : [];
  });
  const results = nodes.map(({ result }) => result);
  const found = new Set(points.flatMap(({ validity }) => validity));
  const whole = {
    ...first.result,
    generator: { ...first.result.generator, host: results.map(({ generator }) => generator.host).join(',') },
    startedAt: results.map(({ startedAt }) => startedAt).sort()[0] ?? first.result.startedAt,
    endedAt:
      results
        .map(({ endedAt }) => endedAt)
        .sort()
        .at(-1) ?? first.result.endedAt,
    points,
    validity: Object.values(ValidityCode).filter((code) => found.has(code)),
  };
  const failed = results.findIndex(({ status }) => status === 'failed');
  const why = results[failed];
  if (why?.status !== 'failed') return whole;
  return { ...whole, status: 'failed', reason: why.reason, message: `node ${failed}: ${why.message}` };
}

function partOf(turn: Turn, result: Result, records: readonly RequestRecord[]): Part[] {
  const name = pointWords({
    name: turn.plan.name,
    concurrency: null,
    ...(turn.once ? {} : { repeat: turn.repeat }),
  });
  const point = result.points.find((each) => pointWords(each) === name);
  if (!point) return [];
  const startMs = Date.parse(point.startedAt) - Date.parse(result.startedAt);
  const own = records.filter((record) => record.point === turn.point && (record.repeat ?? 1) === turn.repeat);
  return [{ point, records: own.map((record) => onClockOf(record, startMs)) }];
}

function mergePoint(turn: Turn, parts: readonly Part[], config: LoadgenConfig): Point {
  const { load } = turn.plan;
  const all = parts.map(({ point }) => point);
  const rows = rowsOfRecords(parts.flatMap(({ records }) => records));
  const { itlMs: _, ...point } = concludePoint(rows, {
    config,
    turn,
    load: load.is === 'closed' ? { ...load, concurrency: load.concurrency * parts.length } : load,
    described: describeParts(load, all),
    window: windowOf(load, all),
    startedAt: all.map(({ startedAt }) => startedAt).sort()[0] ?? '',
    end: endOf(all),
  });
  return point;
}

/** Of all nodes, or none: pauses of some of them would look like those of all. */
function itlOf(turn: Turn, nodes: readonly (readonly PauseCounts[])[]): Pick<Point, 'itlMs'> {
  const counted = nodes.flatMap(
    (lines) => lines.find(({ point, repeat }) => point === turn.point && repeat === turn.repeat) ?? [],
  );
  if (counted.length < nodes.length) return {};
  return { itlMs: countedDistribution(counted.flatMap(({ pauses }) => pauses)) };
}

function describeParts(load: Load, points: readonly Point[]): NonNullable<Point['load']> {
  if (load.is === 'closed') return { is: 'closed', concurrency: load.concurrency * points.length };
  const open = points.flatMap((point) => (point.load?.is === 'open' ? [point.load] : []));
  const offered = open.map(({ offeredPerS }) => offeredPerS);
  return {
    is: 'open',
    words: isShared(load)
      ? `${open[0]?.words ?? ''}, over ${points.length} nodes`
      : `${points.length} times ${open[0]?.words ?? ''}`,
    offeredPerS: offered.some((each) => each === null)
      ? null
      : offered.reduce((sum: number, each) => sum + (each ?? 0), 0),
  };
}

/** All nodes had the same: by time it is the load's, and its length is what each found. */
function windowOf(load: Load, points: readonly Point[]): Window {
  const byCount = load.is === 'closed' ? load.requests !== undefined : load.load.open === 'offline';
  if (byCount) return { by: 'count', warmup: 0, requests: 0 };
  return {
    by: 'time',
    warmupMs: load.warmupS * 1000,
    ...(load.is === 'closed' && load.warmupS === 0
      ? { warmupRequests: load.warmupRequests ?? load.concurrency }
      : {}),
    measureMs: Math.max(...points.map(({ durationS }) => durationS)) * 1000,
    cooldownMs: load.cooldownS * 1000,
  };
}

/** A program on each node: the worst one counts. */
function endOf(points: readonly Point[]): PointEnd {
  return {
    threads: points.map(({ self }) => ({
      loopDelayMs: { p50: 0, p99: self.loopDelayP99Ms, max: self.loopDelayMaxMs ?? self.loopDelayP99Ms },
      busyShare: self.busyShare ?? self.cpuShare,
      gc: { count: 0, totalMs: 0, maxMs: self.gcMaxMs ?? 0 },
    })),
    cpuShare: Math.max(...points.map(({ self }) => self.cpuShare)),
    complete: points.every(({ validity }) => !validity.includes(ValidityCode.incomplete)),
    gaveUp: undefined,
  };
}

function onClockOf(record: RequestRecord, startMs: number): RequestRecord {
  const intended = record.intendedMs === undefined ? {} : { intendedMs: record.intendedMs - startMs };
  if (record.outcome === 'dropped') return { ...record, ...intended };
  return { ...record, ...intended, startMs: record.startMs - startMs, endMs: record.endMs - startMs };
}

const readLines = <Line>(text: string, schema: { parse(line: unknown): Line }): Line[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => schema.parse(JSON.parse(line)));
