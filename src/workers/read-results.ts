import { posix } from 'node:path';
import { extract } from 'tar-stream';
import { coerceError } from '../shared/errors.ts';
import type { RolePlan } from '../shared/plan/plan.ts';
import type { Distribution } from '../shared/result/distribution.ts';
import type { Point } from '../shared/result/point.ts';
import { type Result, resultSchema } from '../shared/result/result.ts';
import { readToolResult } from '../shared/result/tools/read-tool-result.ts';
import type { RoleFacts } from '../shared/session/facts.ts';
import { sha256 } from '../shared/slurm/remote/place.ts';
import { mergeResults, type NodeResult } from './merge-results.ts';

export type Files = Map<string, Buffer>;

const MOST_BYTES = 16 * 1024 * 1024;
const MOST_IN_RECORD = 1024 * 1024;

/** Reads the cluster's tar: regular files with plain relative names; anything else is left out. */
export async function readTar(tar: Buffer): Promise<Files> {
  const files: Files = new Map();
  const parser = extract();
  parser.end(tar);
  for await (const entry of parser) {
    const name = posix.normalize(entry.header.name);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    // A name must not lead out of the folder that it will be written to.
    const plain = !name.startsWith('/') && !name.split('/').includes('..') && !name.includes('\0');
    if (entry.header.type === 'file' && plain) files.set(name, Buffer.concat(chunks));
  }
  return files;
}

/** What a failed client measured before it failed is kept, too. */
export type Checked = { ok: true; result?: unknown } | { ok: false; why: string; result?: unknown };

/** Whether a client's results are those that it listed when it ended, and whether they are a result. */
export function checkResults(role: RolePlan, facts: RoleFacts, files: Files, omitted = false): Checked {
  const said = facts.exited?.event.manifest;
  const manifest = files.get(`${role.role}.manifest`);
  if (!said || !manifest) return { ok: false, why: 'it left no list of its results' };
  if (sha256(manifest) !== said)
    return { ok: false, why: 'the list of results is not the one that it wrote at its end' };
  for (const line of manifest.toString('utf8').split('\n').filter(Boolean)) {
    const [, hash = '', name = ''] = /^([0-9a-f]{64}) [ *]\.\/(.*)$/.exec(line) ?? [];
    // sha256sum escapes odd names with a leading backslash; such a file is kept, but cannot be checked here.
    if (name === '') continue;
    const content = files.get(`results/${role.role}/${name}`);
    // Too large to come: it stays where it was made, and was listed there.
    if (!content && omitted) continue;
    if (!content) return { ok: false, why: `${name} is listed, but did not come` };
    if (sha256(content) !== hash) return { ok: false, why: `${name} is not the file that was listed` };
  }
  const file = (name: string) => files.get(`results/${role.role}/${name}`);
  switch (role.resultParser) {
    case 'none':
      return { ok: true };
    case 'loadgen':
      return role.nodes ? readNodes(role.nodes, file) : readLoadgenResult(file('result.json'));
    default: {
      const result = readToolResult(role.resultParser, role.outputs ?? [], file);
      return result.status === 'ok' ? { ok: true, result } : { ok: false, why: result.message, result };
    }
  }
}

/** Every node's generator left a result; missing one is no result at all. */
function readNodes(count: number, file: (name: string) => Buffer | undefined): Checked {
  const nodes: NodeResult[] = [];
  for (let node = 0; node < count; node++) {
    const read = readLoadgenResult(file(`node-${node}/result.json`));
    const requests = file(`node-${node}/requests.jsonl`)?.toString('utf8');
    if (!read.ok) return { ok: false, why: `node ${node}: ${read.why}` };
    if (requests === undefined)
      return {
        ok: false,
        why: `node ${node}: its requests did not come, and results are put together from them`,
      };
    const pauses = file(`node-${node}/pauses.jsonl`)?.toString('utf8');
    nodes.push({ result: read.result as Result, requests, pauses });
  }
  try {
    return { ok: true, result: mergeResults(nodes) };
  } catch (error) {
    return {
      ok: false,
      why: `the results of ${count} nodes do not fit together: ${coerceError(error).message}`,
    };
  }
}

function readLoadgenResult(content: Buffer | undefined): Checked {
  if (!content) return { ok: false, why: 'there is no result.json' };
  if (content.length > MOST_BYTES) return { ok: false, why: 'result.json is larger than 16 MiB' };
  const parsed = resultSchema.safeParse(parseJson(content));
  if (!parsed.success)
    return { ok: false, why: `result.json is not a result: ${parsed.error.issues[0]?.message}` };
  return { ok: true, result: forRecord(parsed.data) };
}

/** A record in Redis stays small, whatever a sweep measured: the file keeps what is left out here. */
function forRecord(result: Result): Result {
  const small = (each: Result) => JSON.stringify(each).length <= MOST_IN_RECORD;
  if (small(result)) return result;
  const bare = withPoints(result, ({ series: _, ...point }) => point);
  if (small(bare)) return bare;
  return withPoints(bare, ({ itlMs: _, service: __, ...point }) => ({
    ...point,
    ttftMs: short(point.ttftMs),
    tpotMs: short(point.tpotMs),
    e2eMs: short(point.e2eMs),
  }));
}

const withPoints = (result: Result, change: (point: Point) => Point): Result => ({
  ...result,
  points: result.points.map(change),
});
const short = ({ p50, p90, p99 }: Distribution): Distribution => ({ p50, p90, p99 });

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A client's `result.json` beside what its tool printed: a folder of results must be readable by itself. */
export function withResults(files: Files, results: Readonly<Record<string, unknown>>): Files {
  const all: Files = new Map(files);
  for (const [role, result] of Object.entries(results)) {
    const name = `results/${role}/result.json`;
    // The load generator wrote its own, and a program may have one of its own, too.
    if (!all.has(name)) all.set(name, Buffer.from(`${JSON.stringify(result, null, 2)}\n`));
  }
  return all;
}
