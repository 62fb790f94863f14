import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nextValue, type Search, searchResult, searchSchema } from '../../src/jobs/loadgen/search.ts';
import type { Point } from '../../src/shared/result/point.ts';
import { searchWords } from '../../src/shared/result/search.ts';
import { bundleLoadgen, smallConfig, startProgram } from './run-program.ts';

const searchOf = (given: Partial<Search> = {}): Search =>
  searchSchema.parse({ of: 'rate', from: 1, to: 1000, goals: { ttftMs: 100 }, ...given });

/** Walks a search over a service whose TTFT is within its goal up to `capacity`. */
function walk(search: Search, capacity: number) {
  const points: Point[] = [];
  for (let value = nextValue(search, points); value !== undefined; value = nextValue(search, points)) {
    const p99 = value <= capacity ? 50 : 400;
    points.push({
      name: `${search.of} ${value}`,
      requests: 200,
      errors: 0,
      ttftMs: { p99 },
      validity: [],
    } as never);
  }
  return {
    values: points.map(({ name }) => Number(name?.split(' ')[1])),
    result: searchResult(search, points),
  };
}

test('a search doubles until a goal is missed, then looks in between, and says no more than it measured', () => {
  const { values, result } = walk(searchOf(), 21);
  expect(values).toEqual([1, 2, 4, 8, 16, 32, 22.6, 19]);
  expect(result).toEqual({
    of: 'rate',
    met: 19,
    missed: 22.6,
    why: 'TTFT p99 is 400 ms, and 100 ms is the goal',
  });
  expect(searchWords(result)).toBe(
    'between 19 and 22.6 requests/s: at 22.6, TTFT p99 is 400 ms, and 100 ms is the goal',
  );
});

test('for any capacity the bracket holds it, in no more points than allowed, none twice', () => {
  for (const of of ['rate', 'concurrency'] as const) {
    for (let capacity = 1; capacity < 1300; capacity = Math.ceil(capacity * 1.13)) {
      const { values, result } = walk(searchOf({ of, points: 20 }), capacity);
      expect(new Set(values).size).toBe(values.length);
      expect(values.length).toBeLessThanOrEqual(20);
      expect(result.met).toBeLessThanOrEqual(capacity);
      if (capacity >= 1000) expect(result).toEqual({ of, met: 1000, missed: null, why: null });
      else {
        expect(result.missed).toBeGreaterThan(capacity);
        const { met, missed } = result as { met: number; missed: number };
        expect(missed / met <= 1.03 || (of === 'concurrency' && missed - met === 1)).toBe(true);
      }
    }
  }
});

test('the first load missing its goals ends it; a load that met them above one that did not was luck', () => {
  expect(walk(searchOf({ from: 5 }), 4)).toMatchObject({ values: [5], result: { met: null, missed: 5 } });
  expect(walk(searchOf({ from: 8, to: 8 }), 9)).toMatchObject({
    values: [8],
    result: { met: 8, missed: null },
  });
  const at = (value: number, p99: number, validity: string[] = []) =>
    ({ name: `rate ${value}`, requests: 9, errors: 0, ttftMs: { p99 }, validity }) as never;
  expect(searchResult(searchOf(), [at(1, 5), at(2, 500), at(4, 5)])).toMatchObject({ met: 1, missed: 2 });
  expect(searchResult(searchOf(), [at(1, 5), at(2, 5, ['OVERSATURATED'])])).toMatchObject({
    met: 1,
    missed: 2,
  });
});

test('the program finds what a server of known capacity can do, and keeps every point', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loadgen-'));
  // Of six connections or more every second request is turned away. A load keeps as many open as its concurrency.
  const connections = new Set<Socket>();
  let heard = 0;
  const server = createServer((request, response) => {
    request.resume();
    const { socket } = request;
    if (request.url === '/measured' && !connections.has(socket)) {
      connections.add(socket);
      socket.on('close', () => connections.delete(socket));
    }
    response.statusCode = connections.size > 5 && heard++ % 2 === 0 ? 503 : 200;
    setTimeout(() => response.end('ok'), 5);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    ...smallConfig({ concurrency: [1] }),
    protocol: { speaks: 'http', path: '/measured' },
    points: [{ name: 'first', load: { is: 'closed', concurrency: 1, requests: 40, warmupRequests: 20 } }],
    search: { of: 'concurrency', from: 1, to: 64, points: 8, goals: { errorShare: 0.25 } },
  };
  try {
    const program = startProgram(await bundleLoadgen(folder), config, url);
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
    const { points, search, status } = program.result();
    expect(status).toBe('ok');
    expect(points.map(({ name }) => name)).toEqual([1, 2, 4, 8, 6, 5].map((value) => `concurrency ${value}`));
    expect(search).toMatchObject({ of: 'concurrency', met: 5, missed: 6 });
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
});
