import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { connect } from '../../src/shared/ssh/connect.ts';
import type { Transport } from '../../src/shared/ssh/transport.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';

// Shared machines are slow now and then; every wait below ends by a condition.
vi.setConfig({ testTimeout: 60_000 });

let sshd: TestSshd;
let transport: Transport;
let serial = 0;
/** A path in the test's folder that no other test uses. */
const fresh = (name: string) => join(sshd.folder, `${++serial}-${name}`);

beforeAll(async () => {
  sshd = await startSshd();
}, 60_000);
beforeEach(async () => {
  transport = await connect(sshd.target());
});
afterEach(() => transport.close());
afterAll(() => sshd.stop());

const timeoutMs = 20_000;
/** Ends with the test's folder, too, so that a failed test leaves nothing running. */
const until = (file: string) => `until [ -e ${file} ] || [ ! -d ${sshd.folder} ]; do sleep 0.05; done`;

test('a command gives its exit code, stdout and stderr, and reads its stdin', async () => {
  const outcome = await transport.exec('cat; echo oops >&2; exit 3', {
    timeoutMs,
    stdin: Buffer.from('hello'),
  });
  expect(outcome).toEqual({ kind: 'exited', code: 3, stdout: Buffer.from('hello'), stderr: 'oops\n' });
});

test('without stdin the command reads an end of file', async () => {
  expect(await transport.exec('cat', { timeoutMs })).toMatchObject({ kind: 'exited', code: 0 });
});

test('a killed command is signalled', async () => {
  expect(await transport.exec('echo before; kill -9 $$', { timeoutMs })).toEqual({
    kind: 'signalled',
    signal: 'SIGKILL',
    stdout: Buffer.from('before\n'),
    stderr: '',
  });
});

test('twelve commands at once all run, eight at a time', async () => {
  let most = 0;
  const commands = Array.from({ length: 12 }, (_, index) =>
    transport.exec(`sleep 0.1; echo ${index}`, {
      timeoutMs,
      onStdout: () => {
        most = Math.max(most, transport.counters.channels);
      },
    }),
  );
  const outcomes = await Promise.all(commands);
  expect(outcomes.every((outcome) => outcome.kind === 'exited' && outcome.code === 0)).toBe(true);
  expect(most).toBe(8);
  expect(transport.counters).toMatchObject({ handshakes: 1, commands: 12, refused: 0, lost: 0 });
});

test('6 MB on stdout and on stderr do not block; all of stdout and 64 KiB of stderr are kept', async () => {
  const six = 'head -c 6000000 /dev/zero | tr "\\0"';
  const outcome = await transport.exec(`${six} e >&2 & ${six} o; wait`, { timeoutMs });
  expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
  expect(outcome.stdout.equals(Buffer.alloc(6_000_000, 'o'))).toBe(true);
  expect(outcome.stderr).toBe('e'.repeat(64 * 1024));
});

test('6 MB of stdin arrive whole, from a buffer and from a stream', async () => {
  const data = Buffer.alloc(6_000_000, 'i');
  const fromBuffer = await transport.exec('wc -c', { timeoutMs, stdin: data });
  expect(fromBuffer.stdout.toString().trim()).toBe('6000000');
  const pieces = Array.from({ length: 60 }, () => Buffer.alloc(100_000, 'i'));
  const fromStream = await transport.exec('wc -c', { timeoutMs, stdin: Readable.from(pieces) });
  expect(fromStream.stdout.toString().trim()).toBe('6000000');
});

test('a stream that breaks makes the command lost: the other side saw an end of file', async () => {
  const file = fresh('half');
  async function* broken() {
    yield Buffer.from('first half');
    await expect.poll(() => existsSync(file) && statSync(file).size, { timeout: timeoutMs }).toBe(10);
    throw new Error('the disk broke');
  }
  const outcome = await transport.exec(`cat > ${file}`, { timeoutMs, stdin: Readable.from(broken()) });
  expect(outcome).toMatchObject({ kind: 'lost', why: 'stdin broke: the disk broke' });
});

test('a command that reads no stdin ends all the same', async () => {
  const stdin = Buffer.alloc(6_000_000);
  expect(await transport.exec('exit 4', { timeoutMs, stdin })).toMatchObject({ kind: 'exited', code: 4 });
  const stream = Readable.from([stdin, stdin]);
  expect(await transport.exec('exit 5', { timeoutMs, stdin: stream })).toMatchObject({
    kind: 'exited',
    code: 5,
  });
  expect(stream.destroyed).toBe(true);
});

test('too much output is lost, and the connection stays usable', async () => {
  const outcome = await transport.exec('yes', { timeoutMs, maxStdout: 1_000_000 });
  expect(outcome).toMatchObject({ kind: 'lost', why: 'more than 1000000 bytes of output' });
  expect(outcome.stdout.length).toBeLessThanOrEqual(1_000_000);
  expect(await transport.exec('true', { timeoutMs })).toMatchObject({ kind: 'exited', code: 0 });
});

test('a timed-out command is lost, and may still happen', async () => {
  const [go, effect] = [fresh('go'), fresh('effect')];
  const outcome = await transport.exec(`${until(go)}; touch ${effect}`, {
    timeoutMs: 300,
  });
  expect(outcome).toMatchObject({ kind: 'lost', why: 'no end within 300 ms' });
  expect(existsSync(effect)).toBe(false);
  writeFileSync(go, '');
  await expect.poll(() => existsSync(effect), { timeout: timeoutMs }).toBe(true);
});

test('an abort is lost once the command was sent, and a throw before', async () => {
  const [go, started] = [fresh('go'), fresh('started')];
  const abort = new AbortController();
  const command = `touch ${started}; ${until(go)}`;
  const running = transport.exec(command, { timeoutMs, signal: abort.signal });
  await expect.poll(() => existsSync(started), { timeout: timeoutMs }).toBe(true);
  abort.abort(new Error('enough'));
  expect(await running).toMatchObject({ kind: 'lost', why: expect.stringContaining('enough') });
  await expect(transport.exec('true', { timeoutMs, signal: abort.signal })).rejects.toThrow('enough');
  writeFileSync(go, '');
});

test('an exec that gets no channel in time throws: it certainly did not run', async () => {
  const go = fresh('go');
  const narrow = await connect(sshd.target(), { channels: 1 });
  const first = narrow.exec(`${until(go)}`, { timeoutMs });
  await expect(narrow.exec('true', { timeoutMs: 200 })).rejects.toMatchObject({
    code: 'SSH_CHANNELS_BUSY',
    remedy: 'wait',
  });
  expect(narrow.counters.commands).toBe(1);
  writeFileSync(go, '');
  expect(await first).toMatchObject({ kind: 'exited', code: 0 });
  await narrow.close();
});

test('a server without a free session is a wait, not a lost command', async () => {
  const go = fresh('go');
  const wide = await connect(sshd.target(), { channels: 12 });
  const outcomes = Array.from({ length: 12 }, () =>
    wide.exec(`${until(go)}`, { timeoutMs }).catch((error) => error),
  );
  await expect.poll(() => wide.counters.refused, { timeout: timeoutMs }).toBe(2);
  writeFileSync(go, '');
  const kinds = (await Promise.all(outcomes)).map((outcome) => outcome.kind ?? outcome.code);
  expect(kinds.filter((kind) => kind === 'exited').length).toBe(10);
  expect(kinds.filter((kind) => kind === 'SSH_SESSIONS_EXHAUSTED').length).toBe(2);
  expect(wide.counters.lost).toBe(0);
  await wide.close();
});

test('commands that hang keep their sessions, so a worn connection ends by itself', async () => {
  const go = fresh('go');
  const small = await connect(sshd.target(), { channels: 4 });
  for (let hung = 1; hung <= 2; hung++) {
    const outcome = await small.exec(`${until(go)}`, { timeoutMs: 200 });
    expect(outcome.kind).toBe('lost');
  }
  expect((await small.closed)?.message).toContain('2 commands hang');
  await expect(small.exec('true', { timeoutMs })).rejects.toMatchObject({ code: 'SSH_LOST', remedy: 'wait' });
  writeFileSync(go, '');
});

test('a started command talks both ways until its stdin ends', async () => {
  const lines: string[] = [];
  const running = await transport.start('while read -r line; do echo "got $line"; done; exit 7', {
    timeoutMs,
    onStdout: (chunk) => lines.push(chunk.toString()),
  });
  running.stdin.write('one\n');
  await expect.poll(() => lines.join('')).toBe('got one\n');
  running.stdin.write('two\n');
  await expect.poll(() => lines.join('')).toBe('got one\ngot two\n');
  running.stdin.end();
  expect(await running.done).toMatchObject({ kind: 'exited', code: 7, stdout: Buffer.alloc(0) });
  expect(running.stdin.write('late')).toBe(false);
});

test('closing a started command ends its stdin there and gives lost here', async () => {
  const ended = fresh('ended');
  const running = await transport.start(`cat > /dev/null; touch ${ended}`, { timeoutMs });
  running.close();
  expect(await running.done).toMatchObject({ kind: 'lost', why: 'closed by us' });
  await expect.poll(() => existsSync(ended), { timeout: timeoutMs }).toBe(true);
  await expect.poll(() => transport.counters.channels, { timeout: timeoutMs }).toBe(0);
});

test('a consumer that throws loses the command, not the process', async () => {
  const outcome = await transport.exec('echo x', {
    timeoutMs,
    onStdout: () => {
      throw new Error('full');
    },
  });
  expect(outcome).toMatchObject({ kind: 'lost', why: 'its output could not be taken: full' });
});

test('a forwarded connection carries bytes both ways; a closed port is an error of its own', async () => {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const address = echo.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const stream = await transport.forward('127.0.0.1', port);
  stream.write('ping');
  expect(String((await once(stream, 'data'))[0])).toBe('ping');
  stream.destroy();
  echo.close();
  await expect(transport.forward('127.0.0.1', 1)).rejects.toMatchObject({
    code: 'SSH_FORWARD',
    remedy: 'retry',
  });
});

test('close ends what still runs as lost, may be called twice, and refuses what comes later', async () => {
  const started = fresh('started');
  const running = transport.exec(`touch ${started}; cat`, { timeoutMs, stdin: new Readable({ read() {} }) });
  await expect.poll(() => existsSync(started), { timeout: timeoutMs }).toBe(true);
  await Promise.all([transport.close(), transport.close()]);
  expect((await running).kind).toBe('lost');
  expect(await transport.closed).toBeUndefined();
  await expect(transport.exec('true', { timeoutMs })).rejects.toMatchObject({ remedy: 'wait' });
  await expect(transport.forward('127.0.0.1', 1)).rejects.toMatchObject({ remedy: 'wait' });
});

test('stdout bytes pass unchanged', async () => {
  const file = fresh('bytes');
  const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256));
  writeFileSync(file, bytes);
  const outcome = await transport.exec(`cat ${file}`, { timeoutMs });
  expect(outcome.stdout.equals(readFileSync(file))).toBe(true);
});
