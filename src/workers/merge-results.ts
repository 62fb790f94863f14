import { loadgenConfigSchema } from '../jobs/loadgen/config.ts';
import { judgePoint } from '../jobs/loadgen/judge-point.ts';
import type { PointRun } from '../jobs/loadgen/run-point.ts';
import { summarisePoint } from '../jobs/loadgen/summarise-point.ts';
import { type RequestRecord, requestRecordSchema } from '../shared/result/request-record.ts';
import type { Point, Result } from '../shared/result/result.ts';
import { ValidityCode } from '../shared/result/validity.ts';

export interface NodeResult {
  result: Result;
  /** Its `requests.jsonl`. */
  requests: string;
}

/**
 * One result of the generators of several nodes, which began together: every number is computed from all requests of
 * all nodes. A percentile of percentiles would be none. No node's clock is compared with another's: the windows of a
 * point are laid over each other at their starts.
 */
export function mergeResults(nodes: readonly NodeResult[]): Result {
  const [first] = nodes;
  if (!first) throw new Error('there is no result to merge');
  const records = nodes.map(({ requests }) => readRequests(requests));
  const config = loadgenConfigSchema.parse(first.result.config);
  const count = Math.min(...nodes.map(({ result }) => result.points.length));
  const points = Array.from({ length: count }, (_, at): Point => {
    const each = nodes.flatMap(({ result }) => result.points[at] ?? []);
    const run: PointRun = {
      startedAt: each.map(({ startedAt }) => startedAt).sort()[0] ?? first.result.startedAt,
      records: records.flatMap((of) => fromItsStart(of.filter(({ point }) => point === at + 1))),
      self: {
        loopDelayP99Ms: Math.max(...each.map(({ self }) => self.loopDelayP99Ms)),
        cpuShare: Math.max(...each.map(({ self }) => self.cpuShare)),
      },
      complete: each.every(({ validity }) => !validity.includes(ValidityCode.incomplete)),
      gaveUp: undefined,
    };
    const summary = summarisePoint(
      each.reduce((sum, { concurrency }) => sum + concurrency, 0),
      run,
    );
    return { ...summary, validity: judgePoint(summary, run, config) };
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

/** The first measured request of a point is its zero. */
function fromItsStart(records: RequestRecord[]): RequestRecord[] {
  const zero = Math.min(...records.filter(({ phase }) => phase === 'measured').map(({ startMs }) => startMs));
  if (!Number.isFinite(zero)) return records;
  return records.map((record) => ({
    ...record,
    startMs: record.startMs - zero,
    endMs: record.endMs - zero,
  }));
}

const readRequests = (text: string): RequestRecord[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => requestRecordSchema.parse(JSON.parse(line)));
