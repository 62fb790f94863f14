import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { bundleLoadgen, smallConfig, startProgram } from './run-program.ts';
import { doneLine, type ScriptedServer, speak, startScriptedServer, textLine } from './scripted-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'loadgen-'));
let bundle: string;
let server: ScriptedServer | undefined;

beforeAll(async () => {
  bundle = await bundleLoadgen(folder);
});
afterEach(() => server?.die());
afterAll(() => rmSync(folder, { recursive: true }));

async function serve(...[answer]: Parameters<typeof startScriptedServer>): Promise<ScriptedServer> {
  server = await startScriptedServer(answer);
  return server;
}

describe('one bad answer among good ones', () => {
  const faults: Record<string, (response: ServerResponse) => void> = {
    truncated: (response) => response.end(textLine('a')),
    connection: (response) => response.destroy(),
    'http-500': (response) => response.writeHead(500).end('{"error":"boom"}'),
    'server-error': (response) => response.end(`${textLine('a')}{"error":"out of memory"}\n`),
    'zero-tokens': (response) => response.end(doneLine(0)),
    'bad-line': (response) => response.end('<html>busy</html>\n'),
    timeout: (response) => void response.write(textLine('a')),
  };

  test.each(Object.entries(faults))('%s', async (kind, fault) => {
    // Number 0 is the warm-up. The gap keeps a good answer far from the timeout.
    const { url, heard } = await serve((response, { index }) =>
      index === 2 ? fault(response) : speak(response),
    );
    const config = smallConfig({ requests: 5, timeoutS: kind === 'timeout' ? 1 : 60 });
    const program = startProgram(bundle, config, url);
    const { code, stderr, stdout } = await program.ended;

    expect(code).toBe(1);
    expect(stderr).toContain(`too-many-errors: 1 of 5 requests failed at concurrency 1 (1 ${kind})`);
    expect(stdout).toContain(`5 requests, 1 errors (1 ${kind})`);
    const result = program.result();
    expect(result).toMatchObject({ status: 'failed', reason: 'too-many-errors' });
    expect(result.points[0]).toMatchObject({
      requests: 5,
      errors: 1,
      errorKinds: { [kind]: 1 },
      outputTokens: 12,
    });
    expect(result.points[0]?.ttftMs.p50).not.toBeNull();
    expect(program.records()[2]).toMatchObject({ outcome: 'error', kind });
    expect(heard).toHaveLength(6); // nothing was tried again
  });

  test('is accepted within maxErrorShare, and noted', async () => {
    const { url } = await serve((response, { index }) =>
      index === 2 ? faults['http-500']?.(response) : speak(response),
    );
    const program = startProgram(bundle, smallConfig({ maxErrorShare: 0.25 }), url);
    expect((await program.ended).code).toBe(0);
    expect(program.result()).toMatchObject({ status: 'ok', validity: expect.arrayContaining(['ERRORS']) });
  });
});

describe('a server that is no use', () => {
  test('not there', async () => {
    const gone = await serve(() => {});
    gone.die();
    const program = startProgram(bundle, smallConfig(), gone.url);
    const { code, stderr } = await program.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /unreachable: Cannot reach the server at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/,
    );
    expect(program.result()).toMatchObject({ status: 'failed', reason: 'unreachable', points: [] });
  });

  test('without the model: stops at the first point and quotes the server', async () => {
    const { url } = await serve((response) => {
      response.writeHead(404).end(`{"error":"model 'm' not found"}`);
    });
    const program = startProgram(bundle, smallConfig({ concurrency: [1, 2], maxErrorShare: 1 }), url);
    const { code, stderr } = await program.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('no-success: No request succeeded at concurrency 1: 4 of 4 failed');
    expect(stderr).toContain("http-404: model 'm' not found");
    expect(program.result()).toMatchObject({ status: 'failed', reason: 'no-success' });
    expect(program.result().points).toHaveLength(1);
  });

  test('that only ever says done is never ok', async () => {
    const { url } = await serve((response) => void response.end(doneLine(5)));
    const program = startProgram(bundle, smallConfig({ maxErrorShare: 1 }), url);
    expect((await program.ended).code).toBe(1);
    expect(program.result()).toMatchObject({ status: 'failed', reason: 'no-success' });
  });

  test('that dies on the way: gives up soon instead of filling the disk with errors', async () => {
    const { url } = await serve((response, { index }, self) => (index === 5 ? self.die() : speak(response)));
    const program = startProgram(bundle, smallConfig({ concurrency: [2, 4], requests: 1_000_000 }), url);
    expect((await program.ended).code).toBe(1);
    const result = program.result();
    expect(result).toMatchObject({ status: 'failed', reason: 'stopped-answering' });
    expect(result.points).toHaveLength(1);
    expect(result.points[0]?.validity).toContain('INCOMPLETE');
    expect(program.records().length).toBeLessThan(50);
  });
});

describe('stopped from outside', () => {
  /** Point 1 is answered; point 2 gets its first tokens and then nothing. */
  async function startAndHang() {
    const { url, heardAtLeast } = await serve((response, { index }) =>
      index < 5 ? speak(response) : void response.write(textLine('a')),
    );
    const program = startProgram(bundle, smallConfig({ concurrency: [1, 2] }), url);
    await heardAtLeast(7);
    return program;
  }

  test.each([
    { signal: 'SIGTERM', exit: 143 },
    { signal: 'SIGINT', exit: 130 },
  ] as const)('$signal: keeps what was measured and exits with $exit', async ({ signal, exit }) => {
    const program = await startAndHang();
    program.child.kill(signal);
    expect((await program.ended).code).toBe(exit);
    const result = program.result();
    expect(result).toMatchObject({ status: 'failed', reason: 'terminated' });
    expect(result.points.map((point) => [point.requests, point.errors])).toEqual([
      [4, 0],
      [0, 0],
    ]);
    expect(result.points[1]?.validity).toContain('INCOMPLETE');
    expect(program.records().map((record) => record.outcome)).toEqual([
      ...Array(5).fill('ok'),
      'aborted',
      'aborted',
    ]);
  });

  test('SIGKILL: leaves the finished points, and never an ok', async () => {
    const program = await startAndHang();
    // Requests of point 2 are sent only after point 1 was saved.
    program.child.kill('SIGKILL');
    await program.ended;
    expect(program.result()).toMatchObject({ status: 'failed', reason: 'unfinished' });
    expect(program.result().points).toHaveLength(1);
  });

  test('a log that nobody reads any more is no reason to stop', async () => {
    const { url } = await serve((response) => speak(response));
    const program = startProgram(bundle, smallConfig(), url);
    program.child.stdout.destroy();
    program.child.stderr.destroy();
    expect((await program.ended).code).toBe(0);
    expect(program.result().status).toBe('ok');
  });

  test('before the first request', async () => {
    const { url } = await serve(() => {});
    const program = startProgram(bundle, smallConfig(), url);
    await vi.waitFor(() => expect(program.result().status).toBe('failed'), { timeout: 10_000 });
    program.child.kill('SIGTERM');
    expect((await program.ended).code).toBe(143);
    expect(program.result()).toMatchObject({ status: 'failed', reason: 'terminated' });
  });
});

describe('mistakes in the config exit with 2 and touch nothing', () => {
  const load = (given: object) => ({
    ...smallConfig(),
    points: [{ name: 'p', load: { is: 'closed', ...given } }],
  });
  test.each([
    {
      what: 'both ends',
      config: load({ concurrency: 1, requests: 1, durationS: 1 }),
      says: 'give either requests or durationS',
    },
    { what: 'no end', config: load({ concurrency: 1 }), says: 'give either requests or durationS' },
    { what: 'a misspelt key', config: { ...smallConfig(), maxToken: 1 }, says: 'maxToken' },
    { what: 'no points', config: smallConfig({ concurrency: [] }), says: 'points' },
    {
      what: 'a point of 0',
      config: smallConfig({ concurrency: [1, 0] }),
      says: 'points[1].load.concurrency',
    },
    { what: 'another version', config: { ...smallConfig(), v: 1 }, says: 'v' },
    { what: 'no JSON', config: '{', says: 'cannot read the config' },
  ])('$what', async ({ config, says }) => {
    const program = startProgram(bundle, config, 'http://127.0.0.1:1');
    const { code, stderr } = await program.ended;
    expect(code).toBe(2);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('    at ');
    expect(program.wroteAnything()).toBe(false);
  });

  test.each(['localhost:11434', 'ftp://host', 'http://host:1/api', 'http://user@host'])(
    '--url %s',
    async (url) => {
      const { code, stderr } = await startProgram(bundle, smallConfig(), url).ended;
      expect(code).toBe(2);
      expect(stderr).toContain(`--url must look like http://HOST:PORT, without a path, not ${url}`);
    },
  );
});
