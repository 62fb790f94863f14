import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countPauses } from '../../src/jobs/loadgen/analyse/count-pauses.ts';
import { countedDistribution, distribution } from '../../src/jobs/loadgen/analyse/distribution.ts';
import type { LoadgenConfigInput } from '../../src/jobs/loadgen/config.ts';
import { mergeResults } from '../../src/workers/merge-results.ts';
import { bundleLoadgen, smallConfig, startProgram } from './run-program.ts';
import { speak, startScriptedServer } from './scripted-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'loadgen-'));
let bundle: string;
beforeAll(async () => {
  bundle = await bundleLoadgen(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('three nodes share a trace, bursts and what is sent at once; the pauses of all are in the one result', async () => {
  writeFileSync(join(folder, 'trace'), '0\n0.1\n0.2\n');
  const loads = {
    offline: { open: 'offline', requests: 7 },
    burst: { open: 'burst', size: 5, everyS: 0.2, durationS: 0.4 },
    replay: { open: 'replay', file: 'trace' },
    rate: {
      open: 'rate',
      profile: { shape: 'constant', rate: 10, durationS: 0.5 },
      arrivals: { process: 'constant' },
    },
  } as const;
  const points: LoadgenConfigInput['points'] = Object.entries(loads).map(([name, load]) => ({
    name,
    load: { is: 'open', load },
  }));
  const server = await startScriptedServer((response) => speak(response, { tokens: 4, gapMs: 5 }));
  const programs = [0, 1, 2].map((node) =>
    startProgram(
      bundle,
      { ...smallConfig(), points },
      server.url,
      ['--files', folder],
      ['env', `SBENCH_NODE=${node}`, 'SBENCH_NODES=3'],
    ),
  );
  for (const { ended } of programs) expect(await ended).toMatchObject({ code: 0, stderr: '' });
  server.die();

  const counts = programs.map((program) => program.result().points.map(({ requests }) => requests));
  expect(counts).toEqual([
    [3, 4, 1, 5],
    [2, 3, 1, 5],
    [2, 3, 1, 5],
  ]);
  expect(server.heard).toHaveLength(7 + 10 + 3 + 3 * 5);
  const merged = mergeResults(
    programs.map((program) => {
      const read = (name: string) => readFileSync(join(dirname(program.resultFile), name), 'utf8');
      return { result: program.result(), requests: read('requests.jsonl'), pauses: read('pauses.jsonl') };
    }),
  );
  expect(merged.status).toBe('ok');
  expect(merged.points.map(({ name, requests, itlMs, load }) => [name, requests, itlMs?.n, load])).toEqual([
    ['offline', 7, 21, { is: 'open', words: '7 at once, over 3 nodes', offeredPerS: null }],
    ['burst', 10, 30, { is: 'open', words: '5 at once every 0.2 s, over 3 nodes', offeredPerS: 25 }],
    [
      'replay',
      3,
      9,
      { is: 'open', words: 'a trace, over 3 nodes', offeredPerS: expect.closeTo(3 / 0.201, 3) },
    ],
    ['rate', 15, 45, { is: 'open', words: '3 times 10/s, constant', offeredPerS: 30 }],
  ]);
  const each = programs.flatMap(
    (program) => program.result().points.find(({ name }) => name === 'burst')?.itlMs?.max ?? [],
  );
  expect(merged.points[1]?.itlMs?.max).toBeCloseTo(Math.max(...each), 1);
});

test('counted pauses have the distribution of the pauses themselves, to four digits', () => {
  const pauses = Float64Array.from({ length: 5000 }, (_, k) => Math.exp((k % 977) / 100) * 0.01);
  const counted = countedDistribution(countPauses(pauses));
  const exact = distribution(pauses);
  for (const [name, value] of Object.entries(exact))
    expect(Math.abs((counted[name as keyof typeof counted] as number) / (value as number) - 1)).toBeLessThan(
      1e-3,
    );
  expect(countedDistribution([])).toEqual(distribution(new Float64Array()));
});
