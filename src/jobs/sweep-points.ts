import { z } from 'zod';
import type { ToolParameters } from '../shared/result/tool-result.ts';
import type { ClientContext } from './client.ts';

/** An axis of a sweep over one of a tool's parameters: its values, each once. */
export const axis = <Value extends z.ZodType>(value: Value) =>
  z
    .array(value)
    .min(1)
    .max(100)
    .refine((list) => new Set(list).size === list.length, 'has the same value twice');

/** One point of a tool's sweep, and what it is called. */
export interface SweepPoint {
  name: string;
  /** Without an ending: what the tool prints becomes this file. */
  file: string;
  parameters: ToolParameters;
}

const MOST_POINTS = 200;

/** Every combination, the last axis fastest; a parameter that is swept cannot be given beside it. */
export function sweepPoints(
  sweep: Readonly<Record<string, readonly (string | number)[] | undefined>> | undefined,
  given: Readonly<Record<string, unknown>> | undefined,
  onlyFile: string,
  context: ClientContext,
): SweepPoint[] {
  let points: ToolParameters[] = [{}];
  for (const [name, values] of Object.entries(sweep ?? {})) {
    if (!values) continue;
    if (given?.[name] !== undefined) context.problem(['parameters', name], 'is given in sweep too; give one');
    if (points.length * values.length > MOST_POINTS) {
      context.problem(['sweep'], `makes more than ${MOST_POINTS} points`);
      break;
    }
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  }
  return points.map((parameters) => {
    const words = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    return { name: words.join(' '), file: words.join(',') || onlyFile, parameters };
  });
}
