import type { ErrorKind } from '../../shared/result/request-record.ts';
import type { Protocol, Usage } from './protocol.ts';
import { createLineSplitter } from './split-lines.ts';

export interface Failure {
  readonly kind: ErrorKind | 'aborted';
  readonly message: string;
}

/** One request and its answer as it went over the wire. Times are milliseconds of the monotonic clock. */
export interface Exchange {
  readonly startMs: number;
  endMs: number;
  /** Arrival of the first and the last piece of text. */
  firstTextMs: number | null;
  lastTextMs: number | null;
  /** Lines that carried text. */
  chunks: number;
  usage: Usage | null;
  failure: Failure | null;
}

/** Gathers an answer as it arrives. The arrival time comes from the caller, who took it before anything else. */
export interface AnswerReader {
  readonly exchange: Exchange;
  status(code: number): void;
  data(chunk: Uint8Array, atMs: number): void;
  /** The answer is over, for whatever reason; `cause` when it was not the server's normal end. */
  end(atMs: number, cause?: Failure): Exchange;
}

export function readAnswer(protocol: Protocol, startMs: number): AnswerReader {
  const lines = createLineSplitter();
  const eventOf = protocol.newReader();
  const exchange: Exchange = {
    startMs,
    endMs: startMs,
    firstTextMs: null,
    lastTextMs: null,
    chunks: 0,
    usage: null,
    failure: null,
  };
  let httpStatus: number | undefined;
  let errorBody = '';

  // The first cause is the true one: what follows an error in a stream is only its consequence.
  function fail(kind: Failure['kind'], message: string): void {
    exchange.failure ??= { kind, message };
  }

  function readLine(line: string, atMs: number): void {
    const event = eventOf(line);
    if (event.type === 'error') fail('server-error', event.message);
    if (event.type === 'bad-line') fail('bad-line', event.message);
    if (event.type === 'text' || (event.type === 'done' && event.hasText)) {
      exchange.firstTextMs ??= atMs;
      exchange.lastTextMs = atMs;
      exchange.chunks += 1;
    }
    if (event.type === 'done') exchange.usage = event.usage;
  }

  return {
    exchange,
    status(code) {
      httpStatus = code;
    },
    data(chunk, atMs) {
      if (httpStatus === 200) for (const line of lines.push(chunk)) readLine(line, atMs);
      else if (errorBody.length < 4096) errorBody += Buffer.from(chunk).toString('utf8');
    },
    end(atMs, cause) {
      exchange.endMs = atMs;
      if (httpStatus === 200) for (const line of lines.end()) readLine(line, atMs);
      if (httpStatus !== undefined && httpStatus !== 200) {
        fail(`http-${httpStatus}`, errorText(errorBody) || `HTTP status ${httpStatus}`);
      }
      if (exchange.usage) judgeTokens(exchange, fail);
      // Once the server said `done` the answer is whole, however the connection ends.
      else if (cause?.kind === 'connection' && httpStatus !== undefined) fail('truncated', cause.message);
      else if (cause) fail(cause.kind, cause.message);
      else fail('truncated', 'the stream ended before the server said it was done');
      return exchange;
    },
  };
}

function judgeTokens(exchange: Exchange, fail: (kind: ErrorKind, message: string) => void): void {
  const tokens = exchange.usage?.outputTokens ?? 0;
  if (exchange.chunks === 0)
    fail('zero-tokens', `done without any text (the server counted ${tokens} tokens)`);
  else if (tokens === 0) fail('no-token-count', 'text came, but the server did not count its tokens');
}

/** The message inside `{"error": "…"}` or `{"error": {"message": "…"}}`, or the start of whatever came instead. */
function errorText(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    // OpenAI's is an object with a message.
    const message = (error as { message?: unknown } | null | undefined)?.message ?? error;
    if (typeof message === 'string') return message.slice(0, 500);
  } catch {
    // Not JSON: a proxy's page, most likely. Its beginning says enough.
  }
  return body.trim().slice(0, 200);
}
