import { z } from 'zod';
import type { JobContext } from './job.ts';
import { text } from './recipe-schema.ts';

/** A server's own settings by its own names: `{maxmemory: 1gb}`. They travel as arguments. */
export const serverSettings = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'is not the name of a setting'),
  z.union([text, z.number(), z.boolean()]),
);

/** What the kind sets itself cannot be set to something else, in whatever way it is written. @returns the arguments that say the same. */
export function mustNotOwn(
  {
    settings = {},
    args = [],
  }: { settings?: Record<string, unknown> | undefined; args?: readonly string[] | undefined },
  owned: readonly string[],
  kind: string,
  context: JobContext,
  same: Readonly<Record<string, (value: string) => boolean>> = {},
): Set<number> {
  const equal = new Set<number>();
  const plain = (name: string) => name.toLowerCase().replaceAll('_', '-');
  const words = new Set(owned.map(plain));
  for (const name of Object.keys(settings)) {
    if (words.has(plain(name)))
      context.problem(['settings', name], `is set by the kind ${kind} itself; leave it out`);
  }
  for (const [index, arg] of args.entries()) {
    const name = /^(?:--)?([A-Za-z][\w-]*)/.exec(arg)?.[1];
    // What says the same as the kind does is only said twice.
    const [, inside] = /^--[\w-]+[ =](.*)$/.exec(arg) ?? [];
    if (name !== undefined && arg.startsWith('--') && same[plain(name)]?.(inside ?? args[index + 1] ?? '')) {
      equal.add(index);
      if (inside === undefined) equal.add(index + 1);
      continue;
    }
    if (name !== undefined && (arg.startsWith('--') || arg.includes('=')) && words.has(plain(name)))
      context.problem(['args', index], `is set by the kind ${kind} itself; leave it out`);
  }
  return equal;
}
