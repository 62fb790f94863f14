import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoadgenConfig, loadgenConfigSchema } from '../../src/jobs/loadgen/config.ts';
import { messagesOf, planOf, SERVICE } from './fixture.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-'));
  writeFileSync(join(folder, 'trace.jsonl'), '0.5\n{"at": 10}\n');
  writeFileSync(join(folder, 'prompts.jsonl'), '{"prompt": "a"}\n{"prompt": "b", "max_tokens": 3}\n');
  writeFileSync(join(folder, 'bad.jsonl'), '{"prompt": "a"}\nnonsense\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const roleOf = (client: object) => planOf({ service: SERVICE, client }, { folder }).roles[1];
const configOf = (client: object): LoadgenConfig =>
  loadgenConfigSchema.parse(JSON.parse(/'loadgen.json' '(.*)/.exec(roleOf(client)?.script ?? '')?.[1] ?? ''));
const loadsOf = (client: object) => configOf(client).points.map(({ name, load }) => [name, load]);
const wrongOf = (client: object) =>
  messagesOf(() => roleOf(client)).map((message) => message.replace(/^r.yaml:\d+:\d+ client\./, ''));

test('every shape of open load', () => {
  const open = (load: object, given: object = {}) => ({
    is: 'open',
    load,
    warmupS: 0,
    cooldownS: 0,
    ...given,
  });
  const rate = (profile: object, arrivals: object = { process: 'poisson' }) =>
    open({ open: 'rate', profile, arrivals });
  const steady = { shape: 'constant', rate: 10, durationS: 60 };
  expect(loadsOf({ load: { rate: 10 } })).toEqual([['rate 10', rate(steady)]]);
  expect(loadsOf({ load: { rate: 10, arrivals: { gamma: 2 } } })).toEqual([
    ['rate 10', rate(steady, { process: 'gamma', cv: 2 })],
  ]);
  expect(loadsOf({ load: { arrivals: 'constant' }, sweep: { rate: [1, 2] }, duration: '5s' })).toEqual(
    [1, 2].map((each) => [
      `rate ${each}`,
      rate({ shape: 'constant', rate: each, durationS: 5 }, { process: 'constant' }),
    ]),
  );
  expect(loadsOf({ load: { rate: { from: 1, to: 9, curve: 'exponential' } }, duration: '30s' })).toEqual([
    ['rate 1 to 9', rate({ shape: 'ramp', from: 1, to: 9, curve: 'exponential', durationS: 30 })],
  ]);
  const stages = [
    { rate: 1, duration: '10s' },
    { rate: 5, duration: '1m' },
  ];
  expect(loadsOf({ load: { stages } })).toEqual([
    [
      'stages',
      rate({
        shape: 'stages',
        stages: [
          { rate: 1, durationS: 10 },
          { rate: 5, durationS: 60 },
        ],
      }),
    ],
  ]);
  expect(loadsOf({ load: { burst: { size: 4, every: '2s' } }, duration: '10s' })).toEqual([
    ['burst', open({ open: 'burst', size: 4, everyS: 2, durationS: 10 })],
  ]);
  expect(loadsOf({ load: { offline: 7, cap: { in_flight: 3, policy: 'drop' } } })).toEqual([
    ['offline', open({ open: 'offline', requests: 7 }, { cap: { inFlight: 3, policy: 'drop' } })],
  ]);
  const replay = { load: { replay: 'trace.jsonl', speed: 2 } };
  const file = roleOf(replay)?.artifacts.find((each) => each.kind === 'blob' && each.as.startsWith('file-'));
  expect(file).toBeDefined();
  expect(loadsOf(replay)).toEqual([
    ['replay', open({ open: 'replay', file: file?.kind === 'blob' ? file.as : '', scale: 2 })],
  ]);
});

test('the window begins after the warm-up, and the same load goes on around it', () => {
  expect(
    loadsOf({ load: { rate: 2 }, parameters: { warmup: '5s', cooldown: '3s' }, duration: '10s' }),
  ).toEqual([
    [
      'rate 2',
      expect.objectContaining({
        warmupS: 5,
        cooldownS: 3,
        load: expect.objectContaining({ profile: { shape: 'constant', rate: 2, durationS: 18 } }),
      }),
    ],
  ]);
  expect(loadsOf({ parameters: { warmup: '5s', think_time: '250ms' }, duration: '10s' })).toEqual([
    [
      'concurrency 1',
      { is: 'closed', concurrency: 1, thinkS: 0.25, durationS: 10, warmupS: 5, cooldownS: 0 },
    ],
  ]);
});

test('prompts, lengths, goals, threads, order', () => {
  const parameters = {
    prompts: { file: 'prompts.jsonl', order: 'shuffled' },
    max_tokens: { median: 100, sigma: 1 },
    slo: { ttft: '500ms', tpot: '50ms', e2e: '2s' },
    threads: 2,
  };
  expect(configOf({ parameters, order: 'seeded' })).toMatchObject({
    prompts: { from: 'file', file: expect.stringMatching(/^file-/), order: 'shuffled' },
    maxTokens: { median: 100, sigma: 1, min: 1, max: 1_000_000 },
    slo: { ttftMs: 500, tpotMs: 50, e2eMs: 2000 },
    threads: 2,
    order: 'seeded',
  });
  expect(configOf({ parameters: { prompts: { synthetic: { words: { min: 5, max: 9 } } } } }).prompts).toEqual(
    {
      from: 'synthetic',
      words: { min: 5, max: 9 },
    },
  );
  expect(configOf({ type: 'http', parameters: { path: '/x', expect: { status: 204 } } }).protocol).toEqual({
    speaks: 'http',
    method: 'GET',
    path: '/x',
    headers: {},
    statuses: [204],
  });
  expect(configOf({ parameters: { api: 'openai-embeddings' } }).protocol).toMatchObject({
    api: 'embeddings',
    options: {},
  });
});

test.each([
  [{ load: {} }, 'load needs one of rate, stages, burst, replay, offline, or sweep: {rate: [..]}'],
  [{ load: { rate: 1, offline: 2 } }, 'load.offline and load.rate both say the load; give one'],
  [{ load: { rate: 1 }, sweep: { rate: [1] } }, 'load.rate and sweep.rate both say the load; give one'],
  [
    { load: { rate: 1 }, parameters: { concurrency: 2 } },
    'parameters.concurrency is for a closed loop, and this is open load',
  ],
  [
    { load: { offline: 1 }, duration: '9s' },
    'duration is for a rate or bursts; load.offline has a length of its own',
  ],
  [{ load: { offline: 1, arrivals: 'constant' } }, 'load.arrivals is for a rate or stages, not for offline'],
  [{ load: { rate: 1, speed: 2 } }, 'load.speed is for replay'],
  [{ load: { rate: 0 } }, 'load.rate must be more than 0, not 0'],
  [
    { parameters: { requests: 1, warmup: '5s' } },
    'parameters.warmup is for a point that goes by duration, not by requests',
  ],
  [
    { parameters: { slo: { ttft: '500' } } },
    "parameters.slo.ttft is not a short time: '500'; write 250ms or 1.5s",
  ],
  [
    { parameters: { prompts: { file: 'none.jsonl' } } },
    /^parameters.prompts.file is not there: .*none.jsonl$/,
  ],
  [
    { parameters: { prompts: { file: 'bad.jsonl' } } },
    /^parameters.prompts.file does not fit: bad.jsonl:2 is not JSON/,
  ],
  [{ parameters: { api: 'embed', max_tokens: 3 } }, 'parameters.max_tokens is for text, and api is embed'],
  [
    { type: 'http', parameters: { body: 'x' } },
    'parameters.body needs a method that takes one, such as method: POST',
  ],
  [
    { load: { stages: [{ rate: 1, duration: '5m' }] }, resources: { time: '5m' } },
    /does not fit: 1 × 5 min is 5 min, and the time limit is 5 min$/,
  ],
])('what contradicts itself is refused at its place: %j', (client, says) => {
  expect(wrongOf(client)).toEqual([typeof says === 'string' ? says : expect.stringMatching(says)]);
});

test('a search: where it begins, its goals, and what does not go with it', () => {
  const search = { rate: { from: 2, to: 90 }, goals: { ttft: '500ms', tpot: '40ms' }, points: 6 };
  const { points, ...config } = configOf({ search, load: { arrivals: 'constant' }, duration: '20s' });
  expect(points.map(({ name }) => name)).toEqual(['rate 2']);
  expect(config.search).toEqual({
    of: 'rate',
    from: 2,
    to: 90,
    points: 6,
    goals: { ttftMs: 500, tpotMs: 40, errorShare: 0.01 },
  });
  const goals = { e2e: '2s', errors: 0 };
  const closed = configOf({ search: { concurrency: { from: 1, to: 64 }, goals } });
  expect(closed.points[0]?.load).toMatchObject({ is: 'closed', concurrency: 1, durationS: 60 });
  expect(closed.search).toMatchObject({
    of: 'concurrency',
    points: 8,
    goals: { e2eMs: 2000, errorShare: 0 },
  });

  const wrong = { search, sweep: { rate: [1] }, repeat: 2, order: 'seeded', resources: { nodes: 2 } };
  expect(wrongOf(wrong).sort()).toEqual([
    'order is not for a search, whose order is its own',
    'repeat is not for a search, which measures each point once',
    'resources.nodes is for one node when there is a search: each would find its own way',
    'sweep and search both say what the points are; give one',
  ]);
  expect(wrongOf({ search: { goals } })).toEqual(['search needs either rate or concurrency: {from, to}']);
  expect(wrongOf({ search: { rate: { from: 9, to: 1 }, goals } })).toEqual(['search.rate.to is below from']);
  expect(wrongOf({ search, parameters: { api: 'embed' } })).toEqual([
    'search.goals.ttft is for answers that come token by token; give e2e',
    'search.goals.tpot is for answers that come token by token; give e2e',
  ]);
});
