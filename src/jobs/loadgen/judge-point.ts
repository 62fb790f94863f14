import type { SuccessfulRequest } from '../../shared/result/request-record.ts';
import type { Point } from '../../shared/result/result.ts';
import { ValidityCode } from '../../shared/result/validity.ts';
import type { LoadgenConfig } from './config.ts';
import type { PointRun } from './run-point.ts';

/** Everything a reader must know before believing this point. What each code means stands at `ValidityCode`. */
export function judgePoint(
  point: Omit<Point, 'validity'>,
  run: PointRun,
  config: LoadgenConfig,
): ValidityCode[] {
  const good = run.records
    .filter((record) => record.phase === 'measured')
    .filter((record) => record.outcome === 'ok');
  const findings: Record<ValidityCode, boolean> = {
    CLIENT_LAG: point.self.loopDelayP99Ms > 10,
    CLIENT_CPU: point.self.cpuShare > 0.85,
    CONCURRENCY_OFF: Math.abs(point.meanConcurrency / point.concurrency - 1) > 0.1,
    LOW_SAMPLES: good.length < 100,
    SHORT_WINDOW: point.durationS < 30,
    ERRORS: point.errors > 0,
    TOKEN_MISMATCH: tokensMismatch(good),
    STREAM_BUFFERED: good.filter(cameInOnePiece).length > 0.05 * good.length,
    MODEL_LOAD: good.some((record) => (record.server.loadMs ?? 0) > 1000),
    SAME_PROMPT: !config.uniquePrefix,
    INCOMPLETE: !run.complete,
    // Told where both Slurm jobs are known.
    CLIENT_ON_SERVER_NODE: false,
  };
  return Object.values(ValidityCode).filter((code) => findings[code]);
}

/** A token is at most one chunk, so more chunks than tokens is wrong; far fewer is a server that sends in clumps. */
function tokensMismatch(good: readonly SuccessfulRequest[]): boolean {
  const chunks = good.reduce((total, record) => total + record.chunks, 0);
  const tokens = good.reduce((total, record) => total + record.outputTokens, 0);
  return tokens > 0 && (chunks < 0.5 * tokens || chunks > 1.1 * tokens);
}

function cameInOnePiece(record: SuccessfulRequest): boolean {
  return record.outputTokens > 1 && record.tpotMs === null;
}
