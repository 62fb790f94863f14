import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleLoadgen } from '../run-program.ts';
import { startTimedServer } from '../verify/timed-server.ts';
import { measurePoint, median } from './measure.ts';
import { startNginx } from './nginx.ts';
import { startTokenServer } from './token-server.ts';
import { autocannon, wrkRate } from './tools.ts';

/**
 * `npm run bench:loadgen`: the load generator beside other tools, on the same servers and the same core. This process
 * and its servers are on the first core, the generators in turn on the last. Every round is printed. The last line is
 * one JSON object, of what was least disturbed by others on the machine: each tool's best round.
 */
const ROUNDS = 5;
const SECONDS = 3;
const [serverCore, clientCore] = cores();
const pin = ['taskset', '-c', clientCore];
execFileSync('taskset', ['-a', '-p', '-c', serverCore, String(process.pid)], { stdio: 'ignore' });
if (serverCore === clientCore) console.log('one core only: server and generator take it from each other');

const folder = mkdtempSync(join(tmpdir(), 'sbench-bench-'));
try {
  const bundle = await bundleLoadgen(folder);
  const figures = { ...(await plainHttp(bundle)), ...(await rate(bundle)), ...(await streamed(bundle)) };
  console.log(JSON.stringify(figures));
} finally {
  rmSync(folder, { recursive: true });
}

/** As fast as it goes, 64 connections, against nginx. */
async function plainHttp(bundle: string) {
  const nginx = await startNginx();
  const runs: { wrk: number; ours: number; cannon: number; two: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const wrk = await wrkRate(pin, nginx.url, 64, SECONDS);
    const load = { is: 'closed', concurrency: 64, durationS: SECONDS, warmupS: 1 } as const;
    const one = await measurePoint(bundle, pin, nginx.url, load);
    const two = await measurePoint(bundle, pin, nginx.url, load, { threads: 2 });
    const cannon = await autocannon(pin, nginx.url, 64, SECONDS);
    runs.push({ wrk, ours: one.requestsPerS, cannon: cannon.requests.average, two: two.requestsPerS });
    const of = (value: number) => `${Math.round(value)}/s (${(value / wrk).toFixed(2)} of wrk)`;
    console.log(
      `plain HTTP ${round + 1}: wrk ${Math.round(wrk)}/s, ours ${of(one.requestsPerS)}, in two threads ${of(two.requestsPerS)}, autocannon ${of(cannon.requests.average)}`,
    );
  }
  await nginx.stop();
  return {
    plainHttpVsWrk: round(best(runs.map(({ ours }) => ours)) / best(runs.map(({ wrk }) => wrk))),
    plainHttpPerS: Math.round(best(runs.map(({ ours }) => ours))),
    /** Two threads on the same core: what sharing the work out costs. */
    twoThreadsVsOne: round(best(runs.map(({ two }) => two)) / best(runs.map(({ ours }) => ours))),
    autocannonVsWrk: round(best(runs.map(({ cannon }) => cannon)) / best(runs.map(({ wrk }) => wrk))),
  };
}

/** 1,000 requests a second: how punctual they are, and how well a known latency is found. */
async function rate(bundle: string) {
  const runs: { lag: number; error: number; cannon: number }[] = [];
  for (let at = 0; at < ROUNDS; at++) {
    const profile = { shape: 'constant', rate: 1000, durationS: SECONDS + 1 } as const;
    const load = {
      is: 'open',
      load: { open: 'rate', profile, arrivals: { process: 'constant' } },
      warmupS: 1,
    } as const;
    const http = { speaks: 'http', path: '/measured' } as const;
    const held = await knownLatency();
    const ours = await measurePoint(bundle, pin, held.url, load, { protocol: http });
    const error = (ours.e2eMs.p50 ?? Number.NaN) - held.close();
    const other = await knownLatency();
    const theirs = await autocannon(pin, `${other.url}/measured`, 64, SECONDS, 1000);
    const cannon = theirs.latency.p50 - other.close();
    const lag = ours.self.scheduleLagMs?.p99 ?? Number.NaN;
    runs.push({ lag, error, cannon });
    console.log(
      `1,000/s ${at + 1}: schedule lag p99 ${lag.toFixed(2)} ms; median latency against the server's own: ours ${error.toFixed(2)} ms more, autocannon ${cannon.toFixed(2)} ms more`,
    );
  }
  return {
    scheduleLagP99Ms: round(least(runs.map(({ lag }) => lag))),
    latencyErrorMs: round(least(runs.map(({ error }) => error))),
    autocannonLatencyErrorMs: round(least(runs.map(({ cannon }) => cannon))),
  };
}

/** A server that keeps each request about 20 ms; closing it tells how long it kept them in truth, at the median. */
async function knownLatency() {
  const server = await startTimedServer(() => 20);
  return {
    url: server.url,
    close() {
      server.close();
      return 20 + median(server.lateness());
    },
  };
}

/** 256 streams with a token each 10 ms: 25,600 tokens a second. */
async function streamed(bundle: string) {
  const runs: { tokens: number; cpu: number }[] = [];
  const server = await startTokenServer(10, 100);
  for (let at = 0; at < ROUNDS; at++) {
    const load = { is: 'closed', concurrency: 256, durationS: SECONDS, warmupS: 2 } as const;
    const point = await measurePoint(bundle, pin, server.url, load, {
      protocol: { speaks: 'ollama', api: 'generate', model: 'm' },
    });
    runs.push({ tokens: point.outputTokensPerS, cpu: point.self.cpuShare });
    console.log(
      `streamed ${at + 1}: ${Math.round(point.outputTokensPerS)} tokens/s on ${point.self.cpuShare.toFixed(2)} of a core, time per token p50 ${point.tpotMs.p50?.toFixed(2)} p99 ${point.tpotMs.p99?.toFixed(2)} ms`,
    );
  }
  server.close();
  return {
    streamedTokensPerS: Math.round(best(runs.map(({ tokens }) => tokens))),
    streamedCpuShare: round(least(runs.map(({ cpu }) => cpu))),
  };
}

function cores(): [string, string] {
  const list = execFileSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' });
  const all = (list.split(':')[1] ?? '0')
    .trim()
    .split(',')
    .flatMap((part) => {
      const [from = 0, to = from] = part.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, k) => String(from + k));
    });
  return [all.at(0) ?? '0', all.at(-1) ?? '0'];
}

function best(values: readonly number[]): number {
  return Math.max(...values);
}

/** The one nearest to zero. */
function least(values: readonly number[]): number {
  return values.reduce((one, other) => (Math.abs(other) < Math.abs(one) ? other : one));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
