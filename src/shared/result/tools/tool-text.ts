import type { Metric } from '../tool-result.ts';

/** What one run of a tool said. Numbers that are none (`-nan`, half a line) are left out, never guessed. */
export interface ToolText {
  tool?: { name: string; version: string | null };
  metrics: Metric[];
  coordinatedOmissionFree: boolean;
  ignoredLines: number;
}

/** Pure, and total: any text at all gives an answer. */
export type ReadTool = (text: string) => ToolText;

/** A number as tools print them; undefined for anything else. */
export function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Whole lines, without their ends. What follows the last one was cut: `2.9m` may be the start of `2.97ms`. */
export const linesOf = (text: string): string[] => text.split(/\r?\n/).slice(0, -1);
