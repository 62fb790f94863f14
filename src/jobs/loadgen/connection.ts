import { Client } from 'undici';
import { type Exchange, type Failure, readAnswer } from './exchange.ts';
import type { Protocol } from './protocol.ts';

/** What one worker of the closed loop sends through: one TCP connection, one request at a time. */
export interface Connection {
  /** Never rejects and never retries: a failure is part of the exchange. */
  send(prompt: string): Promise<Exchange>;
  /** Ends the request in flight, if any, as `aborted`. */
  close(): void;
}

/**
 * A `Client` per worker rather than a shared pool: no request ever waits for another worker's socket, which would
 * be counted as the server's latency. Proxy variables, which clusters like to set, are not looked at.
 */
export function openConnection(origin: URL, protocol: Protocol, timeoutS: number): Connection {
  const timeoutMs = timeoutS * 1000;
  let client: Client | undefined;
  let interrupt: ((cause: Failure) => void) | undefined;

  /** Destroys the socket: after a deadline it may still carry the old answer. The next request opens a new one. */
  function drop(): void {
    client?.destroy().catch(() => {});
    client = undefined;
  }

  return {
    send: (prompt) =>
      new Promise((resolve) => {
        client ??= new Client(origin, {
          // undici's own limits (300 s) would cut a slow model's stream; the deadline below is the only one.
          headersTimeout: 0,
          bodyTimeout: 0,
          connect: { timeout: timeoutMs },
        });
        const body = protocol.requestBody(prompt);
        const reader = readAnswer(protocol, performance.now());
        let settled = false;

        const settle = (cause?: Failure) => {
          if (settled) return;
          settled = true;
          clearTimeout(deadline);
          interrupt = undefined;
          resolve(reader.end(performance.now(), cause));
        };
        interrupt = (cause) => {
          settle(cause);
          drop();
        };
        const deadline = setTimeout(() => {
          interrupt?.({ kind: 'timeout', message: `no complete answer within ${timeoutS} s` });
        }, timeoutMs);

        client.dispatch(
          { method: 'POST', path: protocol.path, headers: { 'content-type': 'application/json' }, body },
          {
            // Its presence tells undici that these are the current callbacks, not those of version 6.
            onRequestStart() {},
            onResponseStart(_controller, status) {
              reader.status(status);
            },
            onResponseData(_controller, chunk) {
              const atMs = performance.now(); // before parsing: our own work is not the server's time
              if (!settled) reader.data(chunk, atMs);
            },
            onResponseEnd: () => settle(),
            onResponseError: (_controller, error) =>
              settle({ kind: 'connection', message: describeError(error) }),
          },
        );
      }),
    close() {
      interrupt?.({ kind: 'aborted', message: 'stopped by the load generator' });
      drop();
    },
  };
}

/** `connect ECONNREFUSED 127.0.0.1:1`, also when several addresses were tried and the message is empty. */
export function describeError(error: Error): string {
  const causes = error instanceof AggregateError ? error.errors.map((one) => (one as Error).message) : [];
  return error.message || causes.join('; ') || error.name;
}
