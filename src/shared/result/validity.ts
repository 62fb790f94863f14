import * as z from 'zod';

/**
 * What a reader must know before believing a number. A code never changes a number and never fails a run: it says
 * which of the usual ways to measure the wrong thing may have happened. No code is the best verdict.
 */
export const ValidityCode = {
  /** The generator's event loop was late by more than 10 ms (p99): timestamps, so TTFT and TPOT, are too high. */
  clientLag: 'CLIENT_LAG',
  /** The generator used more than 85 % of a core: it may be the bottleneck, not the server. */
  clientCpu: 'CLIENT_CPU',
  /**
   * Little's law: requests/s × mean time in flight differs from the asked concurrency by more than 10 %. The
   * edges of the window weigh too much: measure more requests per point.
   */
  concurrencyOff: 'CONCURRENCY_OFF',
  /** Fewer than 100 good requests: p99 is simply the slowest one. */
  lowSamples: 'LOW_SAMPLES',
  /** Measured for less than 30 s: clocks, caches and schedulers had no time to settle. */
  shortWindow: 'SHORT_WINDOW',
  /** Some requests failed; latencies are those of the others. */
  errors: 'ERRORS',
  /** Streamed chunks per counted token outside 0.5…1.1: the server's token count or our reading is suspect. */
  tokenMismatch: 'TOKEN_MISMATCH',
  /** Over 5 % of answers arrived in one piece: something holds the stream back, TTFT is not the user's. */
  streamBuffered: 'STREAM_BUFFERED',
  /** A measured request waited over 1 s for the model to load: warm up longer. */
  modelLoad: 'MODEL_LOAD',
  /** Every prompt was the same (`uniquePrefix: false`): the prefix cache is measured too. */
  samePrompt: 'SAME_PROMPT',
  /** The generator ran on a node of its service: they took time, memory and caches from each other. */
  clientOnServerNode: 'CLIENT_ON_SERVER_NODE',
  /** The point was stopped before its end. */
  incomplete: 'INCOMPLETE',
} as const;

export const validityCodeSchema = z.enum(ValidityCode);
export type ValidityCode = z.infer<typeof validityCodeSchema>;
