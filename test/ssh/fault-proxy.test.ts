import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.ts';
import { until } from '../support/until.ts';

it('closes with connections that have just been ended, whose end is not on the wire yet', async () => {
  const held = new Set<Socket>();
  const target = createServer({ allowHalfOpen: true }, (socket) => {
    held.add(socket.on('error', () => {}).resume());
  });
  await once(target.listen(0, '127.0.0.1'), 'listening');
  const { port } = target.address() as { port: number };
  const proxy = await FaultProxy.listen({ target: { host: '127.0.0.1', port } });
  try {
    const [ending, writing] = [0, 1].map(() =>
      connect({ host: '127.0.0.1', port: proxy.port }).on('error', () => {}),
    ) as [Socket, Socket];
    await until('both are through', () => held.size === 2, 10_000, 5);
    // Both arrive in one turn of the event loop, the end first: it is passed on in the turn in which we close.
    ending.once('finish', () => writing.write('x')).end();
    await proxy.passed('up', 1);
    await proxy.close();
    expect(proxy.connections).toBe(0);
  } finally {
    for (const socket of held) socket.destroy();
    target.close();
  }
});
