import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const cannon = join(createRequire(import.meta.url).resolve('autocannon'), '..', 'autocannon.js');

/** Requests a second that wrk gets out of one thread. */
export async function wrkRate(pin: readonly string[], url: string, connections: number, seconds: number) {
  const words = [...pin, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, url];
  const { stdout } = await run(words[0] as string, words.slice(1));
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

interface CannonResult {
  requests: { average: number };
  latency: { p50: number; p99: number; average: number };
  errors: number;
}

/** autocannon at full speed, or at a rate, with its correction for coordinated omission. */
export async function autocannon(
  pin: readonly string[],
  url: string,
  connections: number,
  seconds: number,
  rate?: number,
): Promise<CannonResult> {
  const how = rate === undefined ? [] : ['-R', String(rate)];
  const words = [
    ...pin,
    process.execPath,
    cannon,
    '-j',
    '-n',
    '-c',
    String(connections),
    '-d',
    String(seconds),
    ...how,
    url,
  ];
  const { stdout } = await run(words[0] as string, words.slice(1), { maxBuffer: 1e8 });
  return JSON.parse(stdout.slice(stdout.indexOf('{')));
}
