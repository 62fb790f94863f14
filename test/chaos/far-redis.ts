import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A way to Redis that can be made long: between reading a record and going to sleep, much may happen then. */
export interface FarRedis {
  url: string;
  /** Each way. Milliseconds. */
  delayMs: number;
  close(): Promise<void>;
}

/** @param url of a Redis on a Unix socket; @param folder where the socket of the way there is made. */
export async function farRedis(url: string, folder: string): Promise<FarRedis> {
  const path = join(folder, 'redis.socket');
  const sockets = new Set<Socket>();
  const way = { url: `unix://${path}`, delayMs: 0 };
  const server = createServer((client) => {
    const target = connect(new URL(url).pathname);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    carry(client, target, way);
    carry(target, client, way);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return Object.assign(way, {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
}

/** In the order in which it came: timers of different lengths may fire in another. */
function carry(from: Socket, to: Socket, way: { delayMs: number }): void {
  let before = Promise.resolve();
  from.on('data', (chunk) => {
    const due = performance.now() + way.delayMs;
    before = before.then(async () => {
      const waitMs = due - performance.now();
      if (waitMs > 0) await pause(waitMs);
      if (!to.destroyed) to.write(chunk);
    });
  });
}
