import type { RequestRecord } from '../../shared/result/request-record.ts';
import type { Point } from '../../shared/result/result.ts';
import { buildPrompt } from './build-prompt.ts';
import type { LoadgenConfig } from './config.ts';
import { type Connection, openConnection } from './connection.ts';
import type { Protocol } from './protocol.ts';
import { recordExchange } from './record-exchange.ts';
import { watchSelf } from './watch-self.ts';

export interface PointOrder {
  readonly point: number;
  readonly concurrency: number;
  readonly config: LoadgenConfig;
  readonly origin: URL;
  readonly protocol: Protocol;
  readonly runId: string;
  readonly zeroMs: number;
  /** Aborting it ends the point at once; requests in flight become `aborted`. */
  readonly signal: AbortSignal;
  readonly onRecord: (record: RequestRecord) => void;
}

export interface PointRun {
  readonly startedAt: string;
  readonly records: readonly RequestRecord[];
  readonly self: Point['self'];
  /** Every request that was asked for ended by itself. */
  readonly complete: boolean;
  /** Set when the point was given up because nothing worked any more: the last error's message. */
  readonly gaveUp: string | undefined;
}

/**
 * Closed loop: `concurrency` workers, each sending its next request when the last one ended. The first
 * `warmupRequests` are warm-up; the measured ones follow without waiting for those in flight, because a pause would
 * start the measurement with a burst of simultaneous requests.
 */
export async function runPoint(order: PointOrder): Promise<PointRun> {
  const { concurrency, config, signal } = order;
  const startedAt = new Date().toISOString();
  const warmup = config.warmupRequests ?? concurrency;
  // A dead server fails thousands of times a second: stop before that fills the disk.
  const patience = Math.max(20, 2 * concurrency);
  const records: RequestRecord[] = [];
  let started = 0;
  let failedInARow = 0;
  let gaveUp: string | undefined;
  let windowStartMs: number | undefined;
  let reportSelf: (() => Point['self']) | undefined;

  function mayStart(): boolean {
    if (signal.aborted || gaveUp !== undefined) return false;
    if (started < warmup) return true;
    if (config.requests !== undefined) return started < warmup + config.requests;
    return windowStartMs === undefined || performance.now() < windowStartMs + (config.durationS ?? 0) * 1000;
  }

  function keep(record: RequestRecord): void {
    records.push(record);
    order.onRecord(record);
    failedInARow = record.outcome === 'error' ? failedInARow + 1 : 0;
    if (record.outcome === 'error' && failedInARow >= patience) gaveUp ??= record.message;
  }

  async function work(connection: Connection): Promise<void> {
    while (mayStart()) {
      const index = started++;
      const phase = index < warmup ? 'warmup' : 'measured';
      const nonce = { runId: order.runId, point: order.point, index };
      const prompt = config.uniquePrefix ? buildPrompt(config.prompt, nonce) : config.prompt;
      if (phase === 'measured') {
        windowStartMs ??= performance.now();
        reportSelf ??= watchSelf();
      }
      const exchange = await connection.send(prompt);
      keep(recordExchange({ point: order.point, concurrency, index, phase }, exchange, order.zeroMs));
    }
  }

  const connections = Array.from({ length: concurrency }, () =>
    openConnection(order.origin, order.protocol, config.timeoutS),
  );
  const stop = () => {
    for (const connection of connections) connection.close();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.all(connections.map(work));
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  return {
    startedAt,
    records,
    self: reportSelf?.() ?? { loopDelayP99Ms: 0, cpuShare: 0 },
    complete: !signal.aborted && gaveUp === undefined,
    gaveUp,
  };
}
