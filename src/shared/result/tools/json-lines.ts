import * as z from 'zod';
import { type Metric, metricSchema } from '../tool-result.ts';
import type { ToolText } from './tool-text.ts';

const metricLine = z.object({
  metric: metricSchema.shape.name,
  value: z.number(),
  unit: metricSchema.shape.unit.default(''),
  better: z.enum(['higher', 'lower']).nullable().default(null),
});

/** A program may also say who it is, in a line of its own. */
const toolLine = z.object({
  tool: z.string().min(1).max(100),
  version: z.string().max(100).nullable().default(null),
  coordinatedOmissionFree: z.boolean().default(false),
});

/**
 * Any program's lines `{"metric": "…", "value": 1.5, "unit": "ms", "better": "lower"}`. Other lines are its log,
 * and are counted. A metric that comes again replaces the earlier one: programs like to print where they are.
 */
export function readJsonLines(text: string): ToolText {
  const metrics = new Map<string, Metric>();
  const found: ToolText = { metrics: [], coordinatedOmissionFree: false, ignoredLines: 0 };
  // The last line may lack its end: half an object is none, so nothing is read wrong.
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const value = parse(line);
    const metric = metricLine.safeParse(value);
    const tool = toolLine.safeParse(value);
    if (metric.success) {
      const { metric: name, ...rest } = metric.data;
      metrics.set(name, { name, ...rest });
    } else if (tool.success) {
      found.tool = { name: tool.data.tool, version: tool.data.version };
      found.coordinatedOmissionFree = tool.data.coordinatedOmissionFree;
    } else found.ignoredLines += 1;
  }
  found.metrics = [...metrics.values()];
  return found;
}

function parse(line: string): unknown {
  // Most lines of a log are not JSON: an exception for each is dear.
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
