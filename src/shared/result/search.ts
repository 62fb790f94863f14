import * as z from 'zod';

/** What a search for the highest load that meets its goals came to: never more exact than what was measured. */
export const searchResultSchema = z.object({
  of: z.enum(['rate', 'concurrency']),
  /** The highest load that met every goal; null when not even the first one did. */
  met: z.number().positive().nullable(),
  /** The lowest load above it that did not; null when the highest one that was allowed met them. */
  missed: z.number().positive().nullable(),
  /** Why that one did not. */
  why: z.string().nullable(),
});
export type SearchResult = z.infer<typeof searchResultSchema>;

/** `between 40 and 44 requests/s: at 44, TTFT p99 is 812 ms, and 500 ms is the goal`. */
export function searchWords({ of, met, missed, why }: SearchResult): string {
  const unit = of === 'rate' ? 'requests/s' : 'in flight';
  if (missed === null)
    return met === null ? 'nothing was found yet' : `at least ${met} ${unit}: no higher load was asked for`;
  if (met === null) return `below ${missed} ${unit}: ${why}`;
  return `between ${met} and ${missed} ${unit}: at ${missed}, ${why}`;
}
