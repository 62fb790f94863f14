import type { ReportSession } from '../../src/producer/report/read-session.ts';
import type { GroupPlace, Plan, RolePlan } from '../../src/shared/plan/plan.ts';
import type { Point } from '../../src/shared/result/point.ts';
import { type Result, resultSchema } from '../../src/shared/result/result.ts';
import { type ToolResult, toolResultSchema } from '../../src/shared/result/tool-result.ts';
import { newRecord } from '../../src/shared/session/record.ts';

const RECIPE = `version: 1
name: tiny
service: {type: ollama, model: tiny, environment: {API_KEY: very-secret}}
client: {sweep: {concurrency: [1, 4]}}
`;

const role = (name: string, side: RolePlan['side'], kind: string): RolePlan => ({
  role: name,
  side,
  kind,
  name: kind,
  script: `#!/bin/bash\n# ${name}\n`,
  options: ['--partition=gpu', '--time=30'],
  needs: side === 'client' ? ['s1'] : [],
  queueLimitS: 60,
  startLimitS: 60,
  artifacts: [],
  resultParser: side === 'client' ? 'loadgen' : 'none',
});

interface Given {
  id: string;
  results: Record<string, unknown>;
  group?: GroupPlace & { id: string };
  recipe?: string;
  name?: string;
}

export function sessionOf({ id, results, group, recipe = RECIPE, name = 'tiny' }: Given): ReportSession {
  const clients = Object.keys(results);
  const { id: groupId, ...place } = group ?? { id: undefined };
  const plan: Plan = {
    v: 1,
    sbench: '0.1.0',
    name,
    cluster: {
      name: 'alpha',
      hostname: 'login.example',
      port: 22,
      username: 'alice',
      workdir: '.sbench',
      stage: 'login',
    },
    recipe: { file: 'tiny.yaml', text: recipe, sha256: 'a'.repeat(64) },
    labels: { campaign: 'winter' },
    ...(group ? { group: place as GroupPlace } : {}),
    roles: [role('s1', 'service', 'ollama'), ...clients.map((client) => role(client, 'client', 'ollama'))],
    actions: { action: 'collect', children: [] },
    maxIdleS: 60,
    deadManS: 60,
    notes: [],
  };
  const started = Date.UTC(2026, 0, 2, 3, 4, 5);
  const record = newRecord(id, plan, { group: groupId, recipeSha256: 'a'.repeat(64), createdAt: started });
  const facts = (job: number) => ({
    submit: { is: 'accepted' as const, id: job, at: 1, clock: 1, look: 1 },
    slurm: {
      id: job,
      word: 'COMPLETED',
      life: 'ended' as const,
      reason: 'None',
      nodes: 'gpu1',
      source: 'sacct' as const,
      looks: 1,
      since: 1,
    },
    verdict: { is: 'succeeded' as const },
    live: false,
    twins: [],
    released: 'yes' as const,
  });
  return {
    plan,
    record: {
      ...record,
      state: 'succeeded',
      endedAt: started + 600_000,
      roles: Object.fromEntries(plan.roles.map(({ role: each }, at) => [each, facts(101 + at)])),
      results,
    },
    notes: [
      { at: started, clock: 0, what: 'queued', text: 'in the queues' },
      { at: started + 30_000, clock: 30, what: 'ready', role: 's1', text: 'service ollama: ready' },
      { at: started + 600_000, clock: 600, what: 'succeeded', text: 'succeeded' },
    ],
  };
}

interface GivenPoint {
  concurrency: number;
  repeat?: number;
  /** Answers of so many ms. */
  ms?: number;
  tokensPerS?: number;
  requests?: number;
  validity?: Point['validity'];
  rich?: boolean;
}

/** The numbers of a server that answers in `ms`; `rich`: with all that newer results have. */
export function pointOf({
  concurrency,
  repeat,
  ms = 100,
  tokensPerS = 50 * concurrency,
  requests = 400,
  validity = [],
  rich = true,
}: GivenPoint): Point {
  const spread = (base: number) => ({
    ...(rich ? { n: requests, mean: base * 1.1, sd: base / 4, min: base / 2, p25: base * 0.8 } : {}),
    p50: base,
    ...(rich ? { p75: base * 1.2, p95: base * 1.7 } : {}),
    p90: base * 1.5,
    p99: base * 2,
    ...(rich ? { p999: base * 2.5, max: base * 3 } : {}),
  });
  const steps = Array.from({ length: 60 }, (_, at) => at);
  const wave = (at: number) => 1 + Math.sin(at / 4) / 10;
  return {
    ...(rich ? { name: `concurrency ${concurrency}`, load: { is: 'closed' as const, concurrency } } : {}),
    ...(repeat === undefined ? {} : { repeat }),
    concurrency,
    startedAt: '2026-01-02T03:05:00.000Z',
    warmup: { requests: 10, errors: 0 },
    requests,
    errors: 0,
    errorKinds: {},
    durationS: 60,
    ttftMs: spread(ms / 5),
    tpotMs: spread(ms / 40),
    e2eMs: spread(ms),
    inputTokens: 4_000,
    outputTokens: Math.round(tokensPerS * 60),
    outputTokensPerS: tokensPerS,
    requestsPerS: tokensPerS / 20,
    meanConcurrency: concurrency,
    self: { loopDelayP99Ms: 1.2, cpuShare: 0.2 },
    ...(rich
      ? {
          series: {
            stepS: 1,
            sent: steps.map((at) => Math.round(requests / 60) * wave(at)),
            done: steps.map((at) => Math.round(requests / 60) * wave(at + 1)),
            errors: steps.map(() => 0),
            tokens: steps.map((at) => tokensPerS * wave(at)),
            inFlight: steps.map(() => concurrency),
            p50: steps.map((at) => (at === 30 ? null : ms * wave(at))),
            p99: steps.map((at) => (at === 30 ? null : ms * 2 * wave(at))),
          },
        }
      : {}),
    validity,
  };
}

export function loadResult(points: Point[], config: Record<string, unknown> = { seed: 0 }): Result {
  return resultSchema.parse({
    v: 1,
    status: 'ok',
    generator: { version: '0.1.0', node: 'v20.0.0', host: 'cpu1' },
    target: { url: 'http://gpu1:4000/', model: 'tiny', serverVersion: '0.9' },
    runId: 'r',
    config,
    startedAt: '2026-01-02T03:05:00.000Z',
    endedAt: '2026-01-02T03:10:00.000Z',
    points,
    validity: [...new Set(points.flatMap(({ validity }) => validity))],
  });
}

export function toolResult(name: string, points: [clients: number, tps: number, ms: number][]): ToolResult {
  return toolResultSchema.parse({
    v: 1,
    status: 'ok',
    tool: { name, version: '15.1' },
    coordinatedOmissionFree: false,
    points: points.map(([clients, tps, ms]) => ({
      name: `clients=${clients}`,
      parameters: { clients },
      file: `run-${clients}.txt`,
      metrics: [
        { name: 'tps', unit: 'transactions/s', value: tps, better: 'higher' },
        { name: 'latency average', unit: 'ms', value: ms, better: 'lower' },
        { name: 'scale', unit: '', value: 10, better: null },
      ],
      ignoredLines: 0,
    })),
    validity: [],
  });
}
