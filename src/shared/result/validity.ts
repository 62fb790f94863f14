import * as z from 'zod';

/**
 * What a reader must know before believing a number. A code never changes a number and never fails a run: it says
 * which of the usual ways to measure the wrong thing may have happened. No code is the best verdict.
 */
export const ValidityCode = {
  /** The generator's event loop was late by more than 10 ms (p99): timestamps, so TTFT and TPOT, are too high. */
  clientLag: 'CLIENT_LAG',
  /** A thread of the generator was busy for more than 85 % of the time: it may be the bottleneck, not the server. */
  clientCpu: 'CLIENT_CPU',
  /** Requests of an open load were sent late: p99 over 5 ms and over a tenth of the typical latency. */
  scheduleLag: 'SCHEDULE_LAG',
  /** Fewer than 98 % of the requests of an open load were sent. */
  rateMissed: 'RATE_MISSED',
  /**
   * The mean number of requests in flight differs from the asked concurrency by more than 10 %. The edges of the
   * window weigh too much: measure more requests per point.
   */
  concurrencyOff: 'CONCURRENCY_OFF',
  /** Little's law is off by more than 10 % under open load: the window is no steady state. */
  little: 'LITTLE',
  /** Under open load more and more requests were in flight: latencies only say how long the point was. */
  oversaturated: 'OVERSATURATED',
  /** Fewer than 100 good requests: p99 is simply the slowest one. */
  lowSamples: 'LOW_SAMPLES',
  /** Measured for less than 30 s: clocks, caches and schedulers had no time to settle. */
  shortWindow: 'SHORT_WINDOW',
  /** Some requests failed; latencies are those of the others. */
  errors: 'ERRORS',
  /** Some requests were never sent, because too many were in flight: their latency is in no number. */
  dropped: 'DROPPED',
  /** Streamed chunks per counted token outside 0.5…1.1: the server's token count or our reading is suspect. */
  tokenMismatch: 'TOKEN_MISMATCH',
  /** Over 5 % of answers arrived in one piece: something holds the stream back, TTFT is not the user's. */
  streamBuffered: 'STREAM_BUFFERED',
  /** A measured request waited over 1 s for the model to load: warm up longer. */
  modelLoad: 'MODEL_LOAD',
  /** Every prompt was the same (`unique_prefix: false`): the prefix cache is measured too. */
  samePrompt: 'SAME_PROMPT',
  /** The server says that its cache answered for over 5 % of the input tokens, though every prompt was new. */
  cacheHit: 'CACHE_HIT',
  /** The point was stopped before its end, or answers were still missing then. */
  incomplete: 'INCOMPLETE',
  /** The generator ran on a node of its service: they took time, memory and caches from each other. */
  clientOnServerNode: 'CLIENT_ON_SERVER_NODE',
} as const;

export const validityCodeSchema = z.enum(ValidityCode);
export type ValidityCode = z.infer<typeof validityCodeSchema>;
