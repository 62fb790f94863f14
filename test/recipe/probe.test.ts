import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readPreamble } from '../../src/jobs/preamble.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbench-probe-'));
mkdirSync(join(folder, 'work/s1'), { recursive: true });
const PREAMBLE = join(folder, 'preamble.sh');
writeFileSync(PREAMBLE, readPreamble());
const servers: { server: Server; sockets: Set<Socket> }[] = [];

afterAll(() => {
  for (const { server, sockets } of servers) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

/** A server that answers each request with what it is told to; it closes only when `closes`. */
async function serve(answer: string | string[], { closes = false, host = '127.0.0.1' } = {}) {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', async (data) => {
      requests.push(data.toString());
      for (const piece of [answer].flat()) {
        socket.write(piece);
        await new Promise(setImmediate);
      }
      if (closes) socket.end();
    });
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { port: (server.address() as { port: number }).port, requests };
}

/** One check of the preamble, as the watcher makes it: whether it was good, and what it printed. */
async function probe(port: number, ready: string): Promise<{ good: boolean; body: string; ms: number }> {
  const begun = performance.now();
  const script = `. "$PREAMBLE"; SBENCH_PORT=${port}; ${ready}; "\${SB_PROBE[@]}" 2>/dev/null; printf '\\0%s' $?`;
  const stdout = await new Promise<string>((resolve) => {
    const env = { PATH: process.env.PATH, PREAMBLE, SB_ROLE: 's1', USER: 'u', HOME: folder };
    execFile('/bin/bash', ['-c', script], { cwd: folder, env }, (_, out) => resolve(out));
  });
  const [body = '', code] = stdout.split('\0');
  return { good: code === '0', body, ms: performance.now() - begun };
}

const get = (statuses = '2??', patience = 5) =>
  `sb_ready_http GET /health '' '' '' '${statuses}' ${patience}`;

describe('the http check', () => {
  it.each([
    ['its length given, kept open', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokXX', true, 'ok'],
    ['an older answer without an end', 'HTTP/1.0 200 OK\r\n\r\nok', true, 'ok', true],
    ['no word after the status', 'HTTP/1.1 204\r\n\r\n', true, ''],
    ['no carriage returns', 'HTTP/1.1 200 OK\ncontent-length:2\n\nok', true, 'ok'],
    [
      'an interim answer first',
      'HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      true,
      'ok',
    ],
    ['an error', 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy', false, 'busy'],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n', false, ''],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', false, ''],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', false, ''],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1x\r\n\r\no', true, 'o'],
  ])('%s', async (_, answer, good, body, closes = false) => {
    const { port } = await serve(answer, { closes });
    expect(await probe(port, get())).toMatchObject({ good, body });
  });

  it('chunks are put together, wherever they were cut', async () => {
    const { port } = await serve([
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      '5\r\n{"do\r',
      '\r\na;x=y\r\nne":true}\n\r\n0\r\n\r\n',
    ]);
    expect(await probe(port, get())).toMatchObject({ good: true, body: '{"do\rne":true}' });
  });

  it('asks what it is told to, and takes the statuses it is told to', async () => {
    const { port, requests } = await serve('HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n');
    expect((await probe(port, get('200 401'))).good).toBe(true);
    expect((await probe(port, get('200'))).good).toBe(false);
    expect((await probe(port, `sb_ready_http POST /x 'héllo' '' '' '4??' 5`)).good).toBe(true);
    expect(requests[0]).toMatch(/^GET \/health HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
    expect(requests[0]).toContain('Connection: close\r\n');
    expect(requests[2]).toMatch(/^POST \/x .*\r\nContent-Length: 6\r\n\r\nhéllo$/s);
    const head = await serve('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n');
    expect((await probe(head.port, `sb_ready_http HEAD / '' '' '' '2??' 5`)).good).toBe(true);
  });

  it('waits no longer than its patience: for a word, and for an end', async () => {
    const mute = await serve([]);
    const { good, ms } = await probe(mute.port, get('2??', 1));
    expect(good).toBe(false);
    expect(ms).toBeGreaterThan(900);
    const endless = await serve('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n');
    expect((await probe(endless.port, get('2??', 1))).good).toBe(true);
  });

  it('says no when nobody listens', async () => {
    expect((await probe(1, get())).good).toBe(false);
    expect((await probe(1, 'sb_ready_tcp')).good).toBe(false);
  });

  const own = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal);
  it.each([['127.0.0.1'], ['::1'], ...(own ? [[own.address]] : [])])(
    'finds a service that listens on %s only',
    async (host) => {
      const { port } = await serve('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', { host });
      expect((await probe(port, get())).good).toBe(true);
      expect((await probe(port, 'sb_ready_tcp')).good).toBe(true);
    },
  );
});

describe('a port that was asked for', () => {
  it('is refused while somebody else listens on it', async () => {
    const { port } = await serve('');
    // Waiting for it is not of interest here.
    const ask = (number: number) =>
      probe(1, `sleep() { :; }; sb_die() { printf '%s' "$1"; exit 3; }; sb_port ${number}; SB_PROBE=(true)`);
    expect((await ask(port)).body).toContain(`port ${port} is in use on `);
    expect((await ask(1)).good).toBe(true);
  });
});
