import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { ConnectionError, coerceError, UsageError } from '../shared/errors.ts';

/** A new connection waits so long for a login node that has gone and comes back. */
const PATIENCE_MS = 30_000;

export interface Tunnel {
  port: number;
  close(): Promise<void>;
}

/**
 * A port of this host's loopback whose connections go to `connect`, each to one of its own. What breaks one of them
 * breaks no other, and not the port.
 */
export async function openTunnel(
  port: number,
  connect: (signal: AbortSignal) => Promise<Duplex>,
  onTrouble: (why: string) => void,
): Promise<Tunnel> {
  const stop = new AbortController();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    const signal = AbortSignal.any([stop.signal, gone.signal, AbortSignal.timeout(PATIENCE_MS)]);
    connectPatiently(connect, signal).then(
      (channel) => join(socket, channel),
      (error: unknown) => {
        if (!gone.signal.aborted && !stop.signal.aborted) onTrouble(coerceError(error).message);
        socket.destroy();
      },
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `cannot listen on 127.0.0.1:${port}: ${error.code ?? error.message}`,
      'Name another port, or none: then a free one is taken.',
    );
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      stop.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function connectPatiently(
  connect: (signal: AbortSignal) => Promise<Duplex>,
  signal: AbortSignal,
): Promise<Duplex> {
  for (;;) {
    try {
      const channel = await connect(signal);
      if (!signal.aborted) return channel;
      channel.destroy();
      signal.throwIfAborted();
    } catch (error) {
      // A login node that restarts will be back; a service that refuses has answered.
      if (!(error instanceof ConnectionError) || signal.aborted) throw error;
      await pause(1_000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) throw error;
    }
  }
}

function join(socket: Socket, channel: Duplex): void {
  // Each side may end its own half: a request may be over while its answer still comes.
  socket.pipe(channel);
  channel.pipe(socket);
  socket.once('close', () => channel.destroy());
  const cut = () => {
    // An answer that was cut must not look like a whole one.
    if (!channel.readableEnded) socket.resetAndDestroy();
  };
  channel.once('error', cut).once('close', cut);
}
