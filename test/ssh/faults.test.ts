import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { connect } from '../../src/shared/ssh/connect.ts';
import type { Transport } from '../../src/shared/ssh/transport.ts';
import { type CutKind, FaultProxy } from '../support/fault-proxy.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';

// Shared machines are slow now and then; every wait below ends by a condition.
vi.setConfig({ testTimeout: 60_000 });

let sshd: TestSshd;
let proxy: FaultProxy;
let transport: Transport;
let serial = 0;
const fresh = (name: string) => join(sshd.folder, `${++serial}-${name}`);
const timeoutMs = 20_000;
/** Ends with the test's folder, too, so that a failed test leaves nothing running. */
const until = (file: string) => `until [ -e ${file} ] || [ ! -d ${sshd.folder} ]; do sleep 0.05; done`;
const appears = (file: string) => expect.poll(() => existsSync(file), { timeout: timeoutMs }).toBe(true);

beforeAll(async () => {
  sshd = await startSshd();
}, 60_000);
beforeEach(async () => {
  proxy = await FaultProxy.listen({ target: { host: '127.0.0.1', port: sshd.port } });
  transport = await connect(sshd.target({ port: proxy.port }), { keepaliveMs: 100 });
});
afterEach(async () => {
  await transport.close();
  await proxy.close();
  expect(proxy.connections).toBe(0);
});
afterAll(() => sshd.stop());

test.for<CutKind>(['rst', 'fin'])('cut (%s) in mid-command: lost, while the effect happens', async (kind) => {
  const [started, go, effect] = [fresh('started'), fresh('go'), fresh('effect')];
  const running = transport.exec(`echo early; touch ${started}; ${until(go)}; touch ${effect}`, {
    timeoutMs,
  });
  await appears(started);
  proxy.cut(kind);
  expect((await running).kind).toBe('lost');
  expect(await transport.closed).toMatchObject({ code: 'SSH_LOST', remedy: 'wait' });
  await expect(transport.exec('true', { timeoutMs })).rejects.toMatchObject({ code: 'SSH_LOST' });
  writeFileSync(go, '');
  await appears(effect);
});

test('stdin cut in the middle: lost here, a plain end of file there', async () => {
  const [file, done] = [fresh('file'), fresh('done')];
  const warm = await transport.exec('true', { timeoutMs });
  expect(warm.kind).toBe('exited');
  proxy.cutAfterBytes({ direction: 'up', bytes: 500_000 });
  const outcome = await transport.exec(`cat > ${file}; touch ${done}`, {
    timeoutMs,
    stdin: Buffer.alloc(1_000_000),
  });
  expect(outcome.kind).toBe('lost');
  // This is why stdin carries its length and checksum.
  await appears(done);
  expect(statSync(file).size).toBeLessThan(1_000_000);
});

test('the answer cut off: lost, while the command ran to its end', async () => {
  const [started, go, effect] = [fresh('started'), fresh('go'), fresh('effect')];
  const running = transport.exec(`touch ${started}; ${until(go)}; touch ${effect}; echo accepted 4711`, {
    timeoutMs,
  });
  await appears(started);
  const cut = proxy.blackholeDown({ idleMs: 300 });
  writeFileSync(go, '');
  await appears(effect);
  await cut;
  expect(await running).toMatchObject({ kind: 'lost', stdout: Buffer.alloc(0) });
});

test('output cut in the middle is lost, never a shorter answer', async () => {
  proxy.cutAfterBytes({ direction: 'down', bytes: 300_000, kind: 'fin' });
  const outcome = await transport.exec('head -c 1000000 /dev/zero', { timeoutMs });
  expect(outcome.kind).toBe('lost');
  expect(outcome.stdout.length).toBeLessThan(300_000);
});

test('a half-open connection is noticed by the keepalive', async () => {
  const started = fresh('started');
  const running = transport.exec(`touch ${started}; sleep 1`, { timeoutMs });
  await appears(started);
  proxy.halfOpen();
  expect(await running).toMatchObject({ kind: 'lost', why: expect.stringContaining('Keepalive timeout') });
  expect(await transport.closed).toMatchObject({ code: 'SSH_LOST' });
});

test('a timeout while the channel opens is lost, since the request may have arrived', async () => {
  const slow = await connect(sshd.target({ port: proxy.port }), { keepaliveMs: 60_000 });
  proxy.halfOpen();
  expect(await slow.exec('true', { timeoutMs: 200 })).toMatchObject({
    kind: 'lost',
    why: 'no end within 200 ms',
  });
  await slow.close();
});

test('a stall shorter than the keepalive loses nothing', async () => {
  const patient = await connect(sshd.target({ port: proxy.port }));
  const running = patient.exec('head -c 3000000 /dev/zero', { timeoutMs });
  await proxy.passed('down', 500_000);
  proxy.stall();
  const held = proxy.bytes.down;
  await expect.poll(() => proxy.bytes.down).toBe(held);
  proxy.resume();
  const outcome = await running;
  expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
  expect(outcome.stdout.length).toBe(3_000_000);
  await patient.close();
});

test('a host that is down is a wait, and the next connect after it works', async () => {
  await proxy.down();
  await expect(connect(sshd.target({ port: proxy.port }))).rejects.toMatchObject({
    name: 'ConnectionError',
    code: 'SSH_UNREACHABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  await proxy.up();
  const again = await connect(sshd.target({ port: proxy.port }));
  expect((await again.exec('true', { timeoutMs })).kind).toBe('exited');
  await again.close();
});

test('a cut at any point of the login is a wait', async () => {
  const whole = proxy.bytes.down;
  for (const [index, part] of [0.001, 0.01, 0.1, 0.3, 0.5, 0.6, 0.7].entries()) {
    const bytes = Math.ceil(whole * part);
    proxy.cutAfterBytes({ direction: 'down', bytes, kind: index % 2 === 0 ? 'rst' : 'fin' });
    await expect(connect(sshd.target({ port: proxy.port })), `${bytes} bytes`).rejects.toMatchObject({
      name: 'ConnectionError',
      remedy: 'wait',
    });
  }
});

test('a server that says nothing is given up after connectTimeoutS; an abort ends the wait at once', async () => {
  proxy.stall();
  const target = sshd.target({ port: proxy.port, connectTimeoutS: 0.3 });
  await expect(connect(target)).rejects.toMatchObject({ code: 'SSH_TIMEOUT', remedy: 'wait' });
  const abort = new AbortController();
  const before = proxy.accepted;
  const connecting = connect(sshd.target({ port: proxy.port }), { signal: abort.signal });
  await expect.poll(() => proxy.accepted).toBeGreaterThan(before);
  abort.abort(new Error('enough'));
  await expect(connecting).rejects.toThrow('enough');
  await expect(connect(target, { signal: abort.signal })).rejects.toThrow('enough');
});
