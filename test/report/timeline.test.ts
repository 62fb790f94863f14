import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toHtml } from '../../src/producer/report/html/page.ts';
import { reportOf } from '../../src/producer/report/report.ts';
import { timelineOf } from '../../src/producer/report/session-timeline.ts';
import { readSamples, readTelemetry } from '../../src/producer/report/telemetry.ts';
import { withTelemetry } from './with-telemetry.ts';

test('half a line, a missing value and foreign text are no samples', () => {
  expect(readSamples('time_s,a,b\n10.5,1,\n11.5,x,2\n12.5,2,3\n13.5,4')).toEqual([
    { time: 10.5, values: { a: 1, b: null } },
    { time: 12.5, values: { a: 2, b: 3 } },
  ]);
  expect(readSamples('something else\n1,2\n')).toEqual([]);
});

test('the files of a folder of results, of several nodes and GPUs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sbench-telemetry-'));
  try {
    for (const at of ['results/s1/system', 'results/c1/node-0/system', 'results/odd/system'])
      mkdirSync(join(folder, at), { recursive: true });
    writeFileSync(join(folder, 'results/s1/system/gpu.csv'), 'time_s,gpu,power_w\n1.0,0,300\n1.0,1,\n');
    writeFileSync(join(folder, 'results/c1/node-0/system/telemetry.csv'), 'time_s,cpu_cores\n2.0,1.5\n');
    expect(await readTelemetry(folder)).toEqual([
      { role: 'c1', node: 'node-0', samples: [{ time: 2, values: { cpu_cores: 1.5 } }] },
      {
        role: 's1',
        node: '',
        samples: [
          { time: 1, values: { 'gpu 0 power_w': 300 } },
          { time: 1, values: { 'gpu 1 power_w': null } },
        ],
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('load and nodes share one axis of time, and the page asks for nothing from anywhere', () => {
  const session = withTelemetry();
  const timeline = timelineOf(session);
  expect(timeline?.bands[0]).toMatchObject({ name: 'concurrency 1', from: 5, to: 65 });
  expect(timeline?.strips.map(({ title }) => title)).toEqual([
    'in flight',
    'CPU, service ollama',
    'memory, service ollama',
    'network, service ollama',
    'GPU utilization, service ollama',
    'GPU power, service ollama',
  ]);
  const page = toHtml(reportOf([session]));
  expect(page).toContain('What the nodes did meanwhile');
  expect(page).toContain('2 × NVIDIA A100');
  expect(page).not.toMatch(/<(script|link|iframe|img|object|embed)\b/i);
  expect(page).not.toMatch(/\b(src|href|srcset|data|action)\s*=/i);
  expect(page).not.toMatch(/@import|url\(/i);
});
