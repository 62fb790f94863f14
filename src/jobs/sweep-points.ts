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
  /** From 1, when every point is measured several times. */
  repeat?: number;
}

/** Of a client that measures each point again, on the same warm service. */
export const repeats = z.number().int().min(1).max(100).optional();

const MOST_POINTS = 200;

/**
 * Every combination, the last axis fastest; a parameter that is swept cannot be given beside it. Repeated round by
 * round, so that what drifts meanwhile is in all points alike.
 */
export function sweepPoints(
  sweep: Readonly<Record<string, readonly (string | number)[] | undefined>> | undefined,
  given: Readonly<Record<string, unknown>> | undefined,
  onlyFile: string,
  context: ClientContext,
  repeat = 1,
): SweepPoint[] {
  let points: ToolParameters[] = [{}];
  for (const [name, values] of Object.entries(sweep ?? {})) {
    if (!values) continue;
    if (given?.[name] !== undefined) context.problem(['parameters', name], 'is given in sweep too; give one');
    if (points.length * values.length * repeat > MOST_POINTS) {
      context.problem(['sweep'], `makes more than ${MOST_POINTS} points`);
      break;
    }
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  }
  return rounds(points, repeat).map(({ point: parameters, ...round }) => {
    const words = Object.entries({ ...parameters, ...round }).map(([name, value]) => `${name}=${value}`);
    return { name: words.join(' '), file: words.join(',') || onlyFile, parameters, ...round };
  });
}

/** All points, then all again; a single round has no number. */
export const rounds = <Point>(
  points: readonly Point[],
  repeat: number,
): { point: Point; repeat?: number }[] =>
  Array.from({ length: repeat }, (_, index) =>
    points.map((point) => ({ point, ...(repeat === 1 ? {} : { repeat: index + 1 }) })),
  ).flat();
