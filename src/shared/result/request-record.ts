import * as z from 'zod';

/**
 * One line of `requests.jsonl`: a request the load generator sent and what became of it. Warm-up requests are
 * there too, so nothing that was sent is hidden. Times are milliseconds on the generator's monotonic clock,
 * counted from `startedAt` of the result beside it.
 */

/**
 * Why a request gave no usable answer.
 * - `connection`: refused, reset or never answered, before the response started
 * - `timeout`: the answer was not complete within `timeoutS`
 * - `http-503` and so on: the server answered with another status than 200
 * - `server-error`: status 200, then an error object inside the stream
 * - `truncated`: the stream ended, or the connection broke, before the server said it was done
 * - `bad-line`: a line of the stream was not what the protocol promises
 * - `bad-answer`: the whole answer was not what the protocol or the recipe promises
 * - `zero-tokens`: the server was done without having streamed any text
 * - `no-token-count`: text came, but the server did not say how many tokens it was
 */
export const errorKindSchema = z.union([
  z.enum([
    'connection',
    'timeout',
    'server-error',
    'truncated',
    'bad-line',
    'bad-answer',
    'zero-tokens',
    'no-token-count',
  ]),
  z.templateLiteral(['http-', z.int().min(100).max(599)]),
]);

const milliseconds = z.number().nonnegative();
const tokens = z.int().nonnegative();

/** The server's own account of a request. A field it left out is unknown, which is not 0. */
export const serverTimingSchema = z.object({
  totalMs: milliseconds.nullable(),
  loadMs: milliseconds.nullable(),
  promptEvalMs: milliseconds.nullable(),
  evalMs: milliseconds.nullable(),
});

const due = {
  v: z.literal(1),
  /** Which entry of the recipe's points this belongs to, from 1. */
  point: z.int().positive(),
  /** Which go at that point, from 1. */
  repeat: z.int().positive().optional(),
  /** Of a closed loop. */
  concurrency: z.int().positive().optional(),
  /** Order in which the requests of this point were due, from 0. */
  index: z.int().nonnegative(),
  phase: z.enum(['warmup', 'measured', 'cooldown']),
  /** When it was meant to be sent. In a closed loop that is when it was sent. */
  intendedMs: milliseconds.optional(),
};

const sent = {
  ...due,
  startMs: milliseconds,
  endMs: milliseconds,
  /** Pieces of the stream that carried text. */
  chunks: z.int().nonnegative(),
  /** It had to open its connection first; left out when it came over one that was open. */
  newConnection: z.literal(true).optional(),
};

export const requestRecordSchema = z.discriminatedUnion('outcome', [
  z.object({
    ...sent,
    outcome: z.literal('ok'),
    /** First text − start; null where answers are not text. */
    ttftMs: milliseconds.nullable(),
    /** (last text − first text) / (output tokens − 1); null for one token, or when all text came at once. */
    tpotMs: milliseconds.nullable(),
    /** Last text (or last byte) − start; the closing statistics line does not count. */
    e2eMs: milliseconds,
    /** Counted by the server; null when it did not say (Ollama leaves it out for a cached prompt). */
    inputTokens: tokens.nullable(),
    /** Counted by the server; null where answers are not text. */
    outputTokens: tokens.positive().nullable(),
    /** Input tokens that the server's cache answered for, when it says so. */
    cachedTokens: tokens.optional(),
    doneReason: z.string().nullable(),
    server: serverTimingSchema,
  }),
  z.object({ ...sent, outcome: z.literal('error'), kind: errorKindSchema, message: z.string() }),
  /** We stopped it ourselves (SIGTERM, or the benchmark gave up): says nothing about the server. */
  z.object({ ...sent, outcome: z.literal('aborted') }),
  /** Unanswered when its point ended: its latency is only known to be longer than `endMs` − `startMs`. */
  z.object({ ...sent, outcome: z.literal('incomplete') }),
  /** Due, but never sent: more were in flight than the recipe allows. */
  z.object({ ...due, outcome: z.literal('dropped') }),
]);
export type RequestRecord = z.infer<typeof requestRecordSchema>;
