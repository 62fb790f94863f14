import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTunnel, type Tunnel } from '../../src/cli/open-tunnel.ts';
import { ConnectionError, SbenchError } from '../../src/shared/errors.ts';
import { until } from '../support/until.ts';

let service: Server;
let far: Socket[];
let tunnel: Tunnel | undefined;
beforeEach(async () => {
  far = [];
  // Says it back when the other side has said all.
  service = createServer({ allowHalfOpen: true }, (socket) => {
    far.push(socket);
    socket.on('error', () => {});
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.on('end', () => socket.end(said.toUpperCase()));
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
});
afterEach(async () => {
  await tunnel?.close();
  for (const socket of far) socket.destroy();
  service.close();
});

const there = () =>
  connect({ port: (service.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
const toService = async () => there();

async function say(words: string): Promise<string> {
  const socket = connect({ port: tunnel?.port ?? 0, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(words);
  return text(socket);
}

test('many connections at once, each with its own half-closed ends', async () => {
  tunnel = await openTunnel(0, toService, () => {});
  const words = Array.from({ length: 100 }, (_, i) => `${'x'.repeat(i * 1_000)}${i}`);
  expect(await Promise.all(words.map(say))).toEqual(words.map((each) => each.toUpperCase()));
});

test('a login node that is away for a moment holds a connection up, no more', async () => {
  let tries = 0;
  const away = async () => {
    tries += 1;
    if (tries === 1) throw new ConnectionError('away', { code: 'SSH_CONNECT', remedy: 'wait' });
    return there();
  };
  tunnel = await openTunnel(0, away, () => {});
  expect(await say('hello')).toBe('HELLO');
  expect(tries).toBe(2);
});

test('a service that refuses ends that connection, and is told', async () => {
  const troubles: string[] = [];
  const refuse = async () => {
    throw new SbenchError('nobody listens', { code: 'SSH_FORWARD', remedy: 'retry' });
  };
  tunnel = await openTunnel(0, refuse, (why) => troubles.push(why));
  await say('hello').catch(() => undefined);
  expect(troubles).toEqual(['nobody listens']);
});

test('an answer that was cut does not look whole', async () => {
  tunnel = await openTunnel(0, toService, () => {});
  const socket = connect({ port: tunnel.port, host: '127.0.0.1' });
  const failed = once(socket, 'error').catch((error: Error) => [error]);
  socket.on('error', () => {});
  socket.resume().write('half');
  await until('it is through', () => far.length === 1);
  far[0]?.resetAndDestroy();
  expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
});

test('on loopback only; a port that is taken is said', async () => {
  tunnel = await openTunnel(0, toService, () => {});
  await expect(openTunnel(tunnel.port, toService, () => {})).rejects.toThrow(
    /cannot listen on 127.0.0.1:\d+: EADDRINUSE/,
  );
});
