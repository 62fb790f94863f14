import type { AnswerReader } from '../answer/answer-reader.ts';
import type { RequestBody } from '../protocol.ts';
import type { Clock } from './clock.ts';
import { closedLoad } from './closed-load.ts';
import { Flights } from './flights.ts';
import type { Line } from './line.ts';
import type { LoadShare } from './load-share.ts';
import { openLoad } from './open-load.ts';
import { OUTCOME, PHASE, type Recording } from './recording.ts';
import type { SourceOrder } from './source.ts';

export interface LoadOrder {
  readonly origin: URL;
  readonly share: LoadShare;
  readonly clock: Clock;
  readonly recording: Recording;
  readonly newReader: () => AnswerReader;
  readonly request: (index: number) => RequestBody;
  /** Of one request. */
  readonly timeoutMs: number;
  /** What is still unanswered so long after the last request was sent is recorded as incomplete. */
  readonly drainMs: number;
  /** Of a closed loop, shared by all threads. */
  readonly line: Line;
  /** The first measured request is about to be sent. */
  readonly onMeasure: () => void;
  /** Aborting it ends the load at once; requests in flight become `aborted`. */
  readonly signal: AbortSignal;
}

export interface LoadEnd {
  /** Every request that was due ended by itself. */
  complete: boolean;
  /** Set when the load was given up because nothing worked any more: the last error's message. */
  gaveUp: string | undefined;
}

/** Sends one thread's share of a point's load and records what became of each request. */
export function runLoad(order: LoadOrder): Promise<LoadEnd> {
  const { share, clock, recording, signal } = order;
  // A dead server fails thousands of times a second: stop before that fills the disk.
  const patience = share.is === 'closed' ? Math.max(20, 2 * share.lanes) : 200;
  let failedInARow = 0;
  let gaveUp: string | undefined;
  let measuring = false;
  let drainTimer: NodeJS.Timeout | undefined;
  let cutShort = false;

  return new Promise((resolve) => {
    const flights = new Flights({ ...order, onFree });
    const sourceOrder: SourceOrder = { send, inFlight: () => flights.inFlight, onExhausted: settle };
    const source =
      share.is === 'closed'
        ? closedLoad(share, clock, order.line, sourceOrder)
        : openLoad(share, clock, recording, sourceOrder);

    function send(index: number, phase: number, intended: number): void {
      if (phase === PHASE.measured && !measuring) {
        measuring = true;
        order.onMeasure();
      }
      flights.send(index, phase, intended);
    }

    function onFree(ok: boolean): void {
      failedInARow = ok ? 0 : failedInARow + 1;
      if (failedInARow >= patience && gaveUp === undefined) {
        gaveUp = flights.lastMessage ?? 'requests failed';
        source.stop();
      }
      if (!source.exhausted) source.freed();
      if (source.exhausted) settle();
    }

    /** Once nothing more will be sent: over when nothing is in flight, or when the last ones had their time. */
    function settle(): void {
      if (!source.exhausted) return;
      if (flights.inFlight === 0) {
        finish();
        return;
      }
      drainTimer ??= setTimeout(() => {
        cutShort = true;
        flights.endAll(OUTCOME.incomplete, 'incomplete');
      }, order.drainMs);
    }

    function abort(): void {
      cutShort = true;
      source.stop();
      flights.endAll(OUTCOME.aborted, 'aborted');
    }

    function finish(): void {
      clearTimeout(drainTimer);
      signal.removeEventListener('abort', abort);
      flights.close();
      resolve({ complete: !cutShort && gaveUp === undefined, gaveUp });
    }

    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    else source.start();
  });
}
