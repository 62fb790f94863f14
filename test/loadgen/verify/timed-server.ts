import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TimedServer {
  readonly url: string;
  /** Requests that arrived, but the generator's own first look. */
  readonly heard: () => number;
  /** How much longer than it meant to the server kept each request, in ms: a timer's error, not the generator's. */
  readonly lateness: () => number[];
  close(): void;
}

/**
 * Plain HTTP; `holdMs` says how long the request with this number, which came so long after the first one, is kept.
 * Less than nothing cuts the connection.
 */
export async function startTimedServer(
  holdMs: (index: number, sinceFirstMs: number) => number,
): Promise<TimedServer> {
  const late: number[] = [];
  let heard = 0;
  let firstAt: number | undefined;
  const http = createServer((request, response) => {
    if (request.url !== '/measured') return response.end('{"version":"9.9.9"}');
    const arrived = performance.now();
    firstAt ??= arrived;
    const hold = holdMs(heard++, arrived - firstAt);
    if (hold < 0) return request.socket.destroy();
    const answer = () => {
      late.push(performance.now() - arrived - hold);
      response.end('ok');
    };
    return hold < 0.5 ? answer() : setTimeout(answer, Math.max(1, Math.round(hold)));
  });
  http.listen(0, '127.0.0.1');
  await new Promise((resolve) => http.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    heard: () => heard,
    lateness: () => late,
    close() {
      http.close();
      http.closeAllConnections();
    },
  };
}
