import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RequestRecord } from '../../src/shared/result/request-record.ts';
import { bundleLoadgen, smallConfig, startProgram } from './run-program.ts';
import { type ScriptedServer, speak, startScriptedServer } from './scripted-server.ts';

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

const measured = (records: readonly RequestRecord[]) =>
  records.filter((record) => record.phase === 'measured');

describe('a benchmark', () => {
  test('measures what the server was scripted to do', async () => {
    const { url, heard } = await serve((response) => speak(response, { tokens: 8, ttftMs: 40, gapMs: 25 }));
    const program = startProgram(
      bundle,
      smallConfig({ concurrency: [1, 2], requests: 6, options: { seed: 5, temperature: 0 } }),
      url,
    );
    const { code, stdout, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const result = program.result();
    expect(result).toMatchObject({
      status: 'ok',
      generator: { version: '1.2.3-test', node: process.version },
      target: { url, model: 'm', serverVersion: '9.9.9' },
      config: { timeoutS: 120, repeats: 1, uniquePrompts: true },
    });
    expect(result.points.map((point) => point.concurrency)).toEqual([1, 2]);
    for (const point of result.points) {
      expect(point).toMatchObject({ requests: 6, errors: 0, inputTokens: 18, outputTokens: 48 });
      expect(point.warmup.requests).toBe(point.concurrency);
      // Lower bounds only: a busy machine may be late, but nothing can arrive before it was sent. A timer may
      // fire up to 1 ms early; the first chunk may be read late, which shortens what is left for the others.
      expect(point.ttftMs.p50).toBeGreaterThanOrEqual(39);
      expect(point.tpotMs.p50).toBeGreaterThanOrEqual(12);
      expect(point.e2eMs.p50).toBeGreaterThanOrEqual(40 + 7 * 25 - 8);
      expect(point.outputTokensPerS).toBeCloseTo(48 / point.durationS, 6);
      expect(point.validity).toContain('LOW_SAMPLES');
    }
    for (const record of program.records()) {
      if (record.outcome !== 'ok' || record.tpotMs === null || record.ttftMs === null)
        throw new Error('expected good requests');
      expect(record.ttftMs + 7 * record.tpotMs).toBeCloseTo(record.e2eMs, 1);
      expect(record.startMs + record.e2eMs).toBeLessThanOrEqual(record.endMs + 0.01);
    }
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stdout).toContain('point 2/2  concurrency 2: 6 requests, 0 errors');
    expect(program.progress()).toEqual({
      v: 1,
      point: 2,
      points: 2,
      name: 'concurrency 2',
      concurrency: 2,
      done: 6,
      requests: 6,
      errors: 0,
    });
    expect(heard[0]?.body).toMatchObject({
      model: 'm',
      stream: true,
      options: { num_predict: 8, temperature: 0, seed: 5 },
    });
  });

  test('measures every point of several axes, and all of them again', async () => {
    const { url, heard } = await serve((response) => speak(response, { tokens: 4, ttftMs: 1, gapMs: 1 }));
    const point = (concurrency: number, requests: number, text: string, more: object) => ({
      name: `concurrency ${concurrency}, ${text}`,
      load: { is: 'closed', concurrency, requests, warmupRequests: 0 } as const,
      prompts: { from: 'text', text } as const,
      ...more,
    });
    const points = [
      point(1, 2, 'two', { maxTokens: 4, settings: { max_tokens: 4, requests: 2, prompt: 2 } }),
      point(2, 3, 'one', { maxTokens: 16, options: { temperature: 0.7 }, settings: { max_tokens: 16 } }),
    ];
    const program = startProgram(bundle, { ...smallConfig({ repeats: 2 }), points }, url);
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    const [first, second] = [{ max_tokens: 4, requests: 2, prompt: 2 }, { max_tokens: 16 }];
    expect(
      program.result().points.map(({ settings, repeat, requests }) => [settings, repeat, requests]),
    ).toEqual([
      [first, 1, 2],
      [second, 1, 3],
      [first, 2, 2],
      [second, 2, 3],
    ]);
    expect(program.progress()).toMatchObject({ point: 4, points: 4, done: 3, requests: 3 });
    expect(stdout).toContain('point 3/4  concurrency 1, two, repeat 2: 2 requests');
    const asked = heard.map(({ body }) => body as { prompt: string; options: Record<string, number> });
    expect(asked[0]?.prompt).toMatch(/\] two$/);
    expect(asked[2]).toMatchObject({
      prompt: expect.stringMatching(/\] one$/),
      options: { num_predict: 16, temperature: 0.7 },
    });
  });

  test('keeps the asked concurrency and flows from warm-up into measuring without a pause', async () => {
    // The first warm-up request is held until a measured one has arrived: a generator that drains its warm-up
    // would wait for ever. The second pair is held until all three are there.
    const { url, mostAtOnce, heard } = await serve(async (response, { index }, self) => {
      if (index === 0) await self.heardAtLeast(5);
      if (index === 1) await self.heardAtLeast(3);
      await speak(response);
    });
    const program = startProgram(bundle, smallConfig({ concurrency: [3], requests: 9 }), url);
    expect((await program.ended).code).toBe(0);
    expect(mostAtOnce()).toBe(3);
    expect(heard).toHaveLength(12);
    expect(measured(program.records())).toHaveLength(9);
    expect(program.result().points[0]).toMatchObject({ warmup: { requests: 3, errors: 0 }, requests: 9 });
  });

  test('by time starts requests within the window only, and lets them finish', async () => {
    const { url } = await serve((response) => speak(response, { ttftMs: 30 }));
    const program = startProgram(bundle, smallConfig({ durationS: 0.25, concurrency: [2] }), url);
    expect((await program.ended).code).toBe(0);
    const records = measured(program.records());
    const starts = records.map((record) => (record.outcome === 'dropped' ? Number.NaN : record.startMs));
    const first = Math.min(...starts);
    // 100 ms of grace for a busy machine, between the look at the clock and the start.
    for (const start of starts) expect(start).toBeLessThan(first + 350);
    expect(records.every((record) => record.outcome === 'ok')).toBe(true);
    expect(program.progress()).toMatchObject({ requests: null, done: records.length });
  });

  test('by time warms up with as many requests as it has lanes, and the window begins after them', async () => {
    const { url } = await serve((response) => speak(response, { ttftMs: 60 }));
    const program = startProgram(bundle, smallConfig({ durationS: 0.3, concurrency: [2], threads: 2 }), url);
    expect((await program.ended).code).toBe(0);
    const records = program.records();
    expect(records.filter(({ phase }) => phase === 'warmup')).toHaveLength(2);
    expect(program.result().points[0]).toMatchObject({ warmup: { requests: 2, errors: 0 }, durationS: 0.3 });
    expect(measured(records).length).toBeGreaterThanOrEqual(2);
  });

  test('open load sends when requests are due, and a stall is in the times of all whom it held up', async () => {
    // Alone in flight, capped: everything that is due during the first answer waits for it.
    const { url } = await serve((response, { index }) => speak(response, { ttftMs: index === 0 ? 400 : 1 }));
    const profile = { shape: 'constant', rate: 50, durationS: 1 } as const;
    const load = {
      is: 'open',
      load: { open: 'rate', profile, arrivals: { process: 'constant' } },
      cap: { inFlight: 1 },
    } as const;
    const program = startProgram(bundle, { ...smallConfig(), points: [{ name: 'rate 50', load }] }, url);
    expect((await program.ended).code).toBe(0);
    const [point] = program.result().points;
    expect(point).toMatchObject({
      concurrency: null,
      requests: 50,
      load: { is: 'open', words: '50/s, constant', offeredPerS: 50 },
    });
    expect(point?.ttftMs.max).toBeGreaterThanOrEqual(399);
    // Requests were due at 10, 30, 50 … ms: those due until 400 ms waited for the first.
    const late = measured(program.records()).filter(
      (record) => record.outcome === 'ok' && record.startMs - (record.intendedMs ?? 0) > 100,
    );
    expect(late.length).toBeGreaterThanOrEqual(10);
    expect(point?.service?.ttftMs.p50).toBeLessThan(point?.ttftMs.max ?? 0);
  });

  test('goes on where an interrupted run of the same config stopped', async () => {
    const { url, heard, heardAtLeast } = await serve((response, { index }) =>
      index < 5 || index >= 6 ? speak(response) : new Promise<void>(() => {}),
    );
    const config = smallConfig({ concurrency: [1, 2], requests: 4 });
    const killed = startProgram(bundle, config, url);
    await heardAtLeast(7);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const [first] = killed.result().points;
    const before = heard.length;
    const again = startProgram(bundle, config, url, ['--before', killed.resultFile]);
    const { code, stdout } = await again.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^point 1\/2 {2}concurrency 1: .*measured by an earlier attempt/);
    const result = again.result();
    expect(result.points[0]).toEqual({
      ...first,
      earlier: { runId: killed.result().runId, host: result.generator.host, url },
    });
    expect(result.points[1]).not.toHaveProperty('earlier');
    expect(heard.length - before).toBe(2 + 4);
    const other = startProgram(bundle, smallConfig({ concurrency: [1], requests: 2 }), url, [
      '--before',
      killed.resultFile,
    ]);
    expect((await other.ended).stdout).not.toContain('earlier');
  });

  test('puts a nonce in front of every prompt, in every run another', async () => {
    const { url, heard } = await serve((response) => speak(response));
    const config = smallConfig({ text: 'Why?' });
    for (let run = 0; run < 2; run++) await startProgram(bundle, config, url).ended;
    expect(new Set(heard.map(({ prompt }) => prompt.slice(0, 19)))).toHaveProperty('size', 10);
    for (const { prompt } of heard) expect(prompt).toMatch(/^\[[0-9a-f]{16}\] Why\?$/);
  });

  test('says so when every prompt was the same', async () => {
    const { url, heard } = await serve((response) => speak(response));
    const program = startProgram(bundle, smallConfig({ text: 'Why?', uniquePrompts: false }), url);
    expect((await program.ended).code).toBe(0);
    expect(new Set(heard.map(({ prompt }) => prompt))).toEqual(new Set(['Why?']));
    expect(program.result().validity).toContain('SAME_PROMPT');
  });

  test('survives a server that closes every connection, and sends nothing twice', async () => {
    const { url, heard } = await serve(async (response) => {
      response.shouldKeepAlive = false;
      await speak(response);
    });
    const program = startProgram(bundle, smallConfig({ concurrency: [2], requests: 20 }), url);
    expect((await program.ended).code).toBe(0);
    expect(heard).toHaveLength(22);
    expect(program.records()).toHaveLength(22);
  });
});
