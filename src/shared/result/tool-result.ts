import * as z from 'zod';
import { validityCodeSchema } from './validity.ts';

/**
 * `result.json`, version 1, of a client that runs somebody else's program: the program's own numbers, unchanged.
 * Made by the worker from the program's output, which stays beside it as it was (`points[].file`).
 */

export const metricSchema = z.object({
  /** As the tool calls it. */
  name: z.string().min(1).max(200),
  /** `requests/s`, `ms`, …; empty when it has none. */
  unit: z.string().max(50),
  value: z.number(),
  /** Which way an improvement goes; null when neither is one, or nobody said. */
  better: z.enum(['higher', 'lower']).nullable(),
});
export type Metric = z.infer<typeof metricSchema>;

/** What was varied, for one run of the tool. */
export const toolParametersSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export type ToolParameters = z.infer<typeof toolParametersSchema>;

const point = z.object({
  /** `clients=4 pipeline=16`; empty when there is one run only. */
  name: z.string(),
  parameters: toolParametersSchema,
  /** Which round, from 1, when every point was measured several times. */
  repeat: z.int().positive().optional(),
  /** What the tool printed, in the results folder of its role. */
  file: z.string(),
  metrics: z.array(metricSchema),
  /** Lines of that file that no metric was read from, where a line should be one. */
  ignoredLines: z.int().nonnegative(),
});
export type ToolPoint = z.infer<typeof point>;

const measured = {
  v: z.literal(1),
  tool: z.object({ name: z.string(), /** null when it does not say. */ version: z.string().nullable() }),
  /**
   * Latencies count from when a request was due, so that a stall of the server is in all of them. A closed loop,
   * which sends the next request after the answer, leaves the waiting out and shows too low a tail.
   */
  coordinatedOmissionFree: z.boolean(),
  /** One entry for each run of the tool, in the order measured. */
  points: z.array(point),
  validity: z.array(validityCodeSchema),
};

export const toolResultSchema = z.discriminatedUnion('status', [
  z.object({
    ...measured,
    status: z.literal('ok'),
    points: z.array(point.extend({ metrics: z.array(metricSchema).min(1) })).min(1),
  }),
  /** Of the points, those that gave numbers. */
  z.object({ ...measured, status: z.literal('failed'), message: z.string() }),
]);
export type ToolResult = z.infer<typeof toolResultSchema>;
