import type { ValidityCode } from '../../shared/result/validity.ts';

/** What each code means for whoever reads the numbers, and what would make it go away. */
export const VALIDITY_WORDS: Readonly<Record<ValidityCode, string>> = {
  CLIENT_LAG:
    'The generator itself was late (event loop p99 over 10 ms): latencies are too high. Give it more cores.',
  CLIENT_CPU:
    'The generator was busy over 85 % of the time: it may be the bottleneck, not the server. Use more threads or nodes.',
  SCHEDULE_LAG: 'Requests of an open load were sent late: the load was not the one that was asked for.',
  RATE_MISSED: 'Fewer than 98 % of the requests of an open load were sent: the offered rate was not reached.',
  CONCURRENCY_OFF:
    'Over 10 % fewer or more requests were in flight than asked: measure more requests per point.',
  LITTLE: "Little's law is off by over 10 %: the window is no steady state. Warm up and measure longer.",
  OVERSATURATED:
    'More and more requests were in flight: the server was overloaded, and latencies only say how long the point was.',
  LOW_SAMPLES: 'Fewer than 100 good requests: p99 is simply the slowest one, and is not shown. Measure more.',
  SHORT_WINDOW: 'Measured for less than 30 s: clocks, caches and schedulers had no time to settle.',
  ERRORS: 'Some requests failed: latencies are those of the others.',
  DROPPED: 'Some requests were never sent, because too many were in flight: their latency is in no number.',
  TOKEN_MISMATCH: 'Pieces of the stream and counted tokens do not fit together: token rates are suspect.',
  STREAM_BUFFERED:
    'Answers arrived in one piece: something holds the stream back, and TTFT is not what a user sees.',
  MODEL_LOAD: 'A measured request waited for the model to load: warm up longer.',
  SAME_PROMPT: 'Every prompt was the same: the server’s prefix cache is measured, too.',
  CACHE_HIT: 'The server answered over 5 % of the input from its cache, though every prompt was new.',
  INCOMPLETE: 'The point was stopped before its end, or answers were still missing then.',
  CLIENT_ON_SERVER_NODE: 'Client and service shared a node: both competed for its CPU and memory.',
};
