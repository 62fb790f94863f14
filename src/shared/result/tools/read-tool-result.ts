import type { ToolOutput } from '../../plan/plan.ts';
import { type ToolPoint, type ToolResult, toolResultSchema } from '../tool-result.ts';
import { readJsonLines } from './json-lines.ts';
import { readPgbench } from './pgbench.ts';
import { readRedisBenchmark } from './redis-benchmark.ts';
import type { ReadTool } from './tool-text.ts';
import { readWrk } from './wrk.ts';

/** The parsers by the name that a plan carries, each with the name its tool has when it does not say. */
const TOOLS = {
  'redis-benchmark': { name: 'redis-benchmark', read: readRedisBenchmark },
  pgbench: { name: 'pgbench', read: readPgbench },
  wrk: { name: 'wrk', read: readWrk },
  'json-lines': { name: 'program', read: readJsonLines },
} satisfies Record<string, { name: string; read: ReadTool }>;
export type ToolParserName = keyof typeof TOOLS;

/** More than anybody reads; a record in Redis must stay small, whatever a program prints. */
const MOST_METRICS = 4_000;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The tool's own numbers, read from what it printed. A point without a number fails the result: a run that
 * measured nothing must not look like one that did.
 */
export function readToolResult(
  parser: ToolParserName,
  outputs: readonly ToolOutput[],
  file: (name: string) => Buffer | undefined,
): ToolResult {
  const { name: known, read } = TOOLS[parser];
  const tool: ToolResult['tool'] = { name: known, version: null };
  const points: ToolPoint[] = [];
  const wrong: string[] = [];
  let coordinatedOmissionFree = outputs.some(({ is }) => is === 'point');
  for (const output of outputs) {
    const content = file(output.file);
    if (output.is === 'version') {
      tool.version =
        /\d{1,9}(?:\.\d{1,9}){1,9}\S{0,99}/.exec(content?.toString('utf8', 0, 4096) ?? '')?.[0] ?? null;
      continue;
    }
    const fail = (why: string) => wrong.push(output.name === '' ? why : `${output.name}: ${why}`);
    if (!content) {
      coordinatedOmissionFree = false;
      fail(`${output.file} is missing`);
      continue;
    }
    if (content.length > MOST_BYTES) fail(`${output.file} is larger than 16 MiB`);
    const said = read(content.toString('utf8', 0, MOST_BYTES));
    tool.name = said.tool?.name ?? tool.name;
    tool.version = said.tool?.version ?? tool.version;
    coordinatedOmissionFree &&= said.coordinatedOmissionFree;
    const { metrics, ignoredLines } = said;
    if (metrics.length === 0) fail(`there is no number of ${known} in ${output.file}`);
    const room = MOST_METRICS - points.reduce((sum, point) => sum + point.metrics.length, 0);
    if (metrics.length > room)
      fail(`more than ${MOST_METRICS} numbers; those in ${output.file} are left out`);
    const { name, parameters, repeat } = output;
    points.push({
      name,
      parameters,
      ...(repeat === undefined ? {} : { repeat }),
      file: output.file,
      metrics: metrics.length > room ? [] : metrics,
      ignoredLines,
    });
  }
  const measured = { v: 1 as const, tool, coordinatedOmissionFree, points, validity: [] };
  if (points.length === 0 && wrong.length === 0) wrong.push('the plan names no output');
  return toolResultSchema.parse(
    wrong.length === 0
      ? { ...measured, status: 'ok' }
      : {
          ...measured,
          points: points.filter(({ metrics }) => metrics.length > 0),
          status: 'failed',
          message: wrong.join('; '),
        },
  );
}
