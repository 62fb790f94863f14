import { Client, type Dispatcher } from 'undici';
import type { AnswerReader } from '../answer/answer-reader.ts';
import type { RequestBody } from '../protocol.ts';
import type { Clock } from './clock.ts';
import { COLUMN, OUTCOME, PHASE, type Recording } from './recording.ts';

/** What all lanes of a point share. */
export interface LaneOrder {
  readonly origin: URL;
  readonly clock: Clock;
  readonly recording: Recording;
  readonly timeoutMs: number;
  readonly newReader: () => AnswerReader;
  /** The lane's request is over and its row is written; `failure` says why when it was no success. */
  readonly onFree: (lane: Lane, failure: string | undefined) => void;
}

/**
 * One connection that carries one request at a time, so that no request ever waits for another's socket, which would be
 * counted as the server's latency. The lane is its own undici handler: a request allocates nothing but its options.
 * Never retries: a failure is a measurement. Proxy variables, which clusters like to set, are not looked at.
 */
export class Lane implements Dispatcher.DispatchHandler {
  readonly #order: LaneOrder;
  readonly #reader: AnswerReader;
  readonly #client: Client;
  #used = false;
  #busy = false;
  /** After an interruption the connection may still carry the old answer, and the client its callbacks. */
  #usable = true;
  #index = 0;
  #phase = 0;
  #intended = 0;
  #sent = 0;
  #firstByte = Number.NaN;
  #status = Number.NaN;
  #reused = 0;

  constructor(order: LaneOrder) {
    this.#order = order;
    this.#reader = order.newReader();
    this.#client = new Client(order.origin, {
      // undici's own limits (300 s) would cut a slow model's stream; the point's deadline is the only one.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: order.timeoutMs },
    });
  }

  get usable(): boolean {
    return this.#usable;
  }

  get sentMs(): number {
    return this.#sent;
  }

  send(index: number, phase: number, intended: number, request: RequestBody): void {
    this.#busy = true;
    this.#index = index;
    this.#phase = phase;
    this.#intended = intended;
    this.#firstByte = this.#status = Number.NaN;
    this.#reused = this.#used ? 1 : 0;
    this.#used = true;
    this.#reader.begin(phase === PHASE.measured);
    this.#sent = this.#order.clock();
    this.#client.dispatch(request, this);
  }

  /** Ends the request in flight and drops its connection. */
  interrupt(outcome: number, kind: string, message: string): void {
    this.close();
    this.#settle(outcome, kind, message);
  }

  close(): void {
    this.#usable = false;
    this.#client.destroy().catch(() => {});
  }

  onRequestStart(): void {
    // Its presence tells undici that these are the current callbacks, not those of version 6.
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (!this.#busy) return;
    this.#firstByte = this.#order.clock();
    this.#status = status;
    this.#reader.status(status);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const at = this.#order.clock(); // before parsing: our own work is not the server's time
    if (this.#busy) this.#reader.data(chunk, at, this.#order.recording);
  }

  onResponseEnd(): void {
    if (this.#busy) this.#settle(OUTCOME.ok);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // undici cannot take a new request from inside this callback, and the next one needs a new connection anyway.
    this.close();
    if (this.#busy) this.#settle(OUTCOME.error, 'connection', describeError(error));
  }

  #settle(how: number, kind?: string, message?: string): void {
    this.#busy = false;
    const { clock, recording, onFree } = this.#order;
    const end = clock();
    const outcome = this.#reader.end(end, how, kind, message, recording);
    const row = recording.add();
    const { cells } = recording;
    cells[row + COLUMN.index] = this.#index;
    cells[row + COLUMN.phase] = this.#phase;
    cells[row + COLUMN.intended] = this.#intended;
    cells[row + COLUMN.sent] = this.#sent;
    cells[row + COLUMN.firstByte] = this.#firstByte;
    cells[row + COLUMN.end] = end;
    cells[row + COLUMN.outcome] = outcome;
    cells[row + COLUMN.status] = this.#status;
    cells[row + COLUMN.reused] = this.#reused;
    const failure = this.#reader.write(cells, row, recording);
    onFree(this, outcome === OUTCOME.error ? (failure ?? 'it failed') : undefined);
  }
}

/** `connect ECONNREFUSED 127.0.0.1:1`, also when several addresses were tried and the message is empty. */
export function describeError(error: Error): string {
  const causes = error instanceof AggregateError ? error.errors.map((one) => (one as Error).message) : [];
  return error.message || causes.join('; ') || error.name;
}
