import type { z } from 'zod';
import { issueWords, pathName } from './issue-words.ts';
import { knownKeys } from './known-keys.ts';
import type { LocatedSource, Path } from './located-source.ts';
import { didYouMean } from './nearest.ts';
import type { Problems } from './problems.ts';

/**
 * Checks what stands at `base` against a schema. Problems are added with their places; the value comes back only
 * when there are none.
 */
export function checkLocated<Schema extends z.ZodType>(
  source: LocatedSource,
  schema: Schema,
  problems: Problems,
  { what, base = [] }: { what: string; base?: Path },
): z.output<Schema> | undefined {
  const value = source.valueAt(base);
  let result = schema.safeParse(value);
  // Where text is wanted, `8` and `true` are text as they were written. Each pass mends at least one place.
  while (!result.success && mendText(source, base, value, result.error.issues)) {
    result = schema.safeParse(value);
  }
  if (result.success) return result.data;
  for (const issue of result.error.issues) addIssue(source, schema, problems, what, base, issue);
  return undefined;
}

function addIssue(
  source: LocatedSource,
  schema: z.ZodType,
  problems: Problems,
  what: string,
  base: Path,
  issue: z.core.$ZodIssue,
): void {
  const path = [...base, ...issue.path];
  const name = pathName(path, what);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    for (const key of issue.keys) {
      const suggestion = didYouMean(key, known);
      problems.at(source, [...path, key], `unknown key '${key}' in ${name}${suggestion}`, 'key');
    }
    return;
  }
  const value = source.valueAt(path);
  if (value === undefined && issue.code !== 'custom') {
    const key = String(path.at(-1) ?? '');
    problems.at(source, path.slice(0, -1), `${pathName(path.slice(0, -1), what)} needs '${key}'`, 'key');
    return;
  }
  const where = issue.code === 'invalid_key' || (issue.code === 'custom' && issue.params?.at === 'key');
  problems.at(source, path, `${name} ${issueWords(issue, value)}`, where ? 'key' : 'value');
}

function mendText(source: LocatedSource, base: Path, root: unknown, issues: z.core.$ZodIssue[]): boolean {
  let mended = false;
  for (const issue of issues) {
    if (!wantsText(issue) || issue.path.length === 0) continue;
    const parent = issue.path.slice(0, -1).reduce<unknown>((at, key) => (at as never)?.[key], root);
    const key = issue.path.at(-1) as PropertyKey;
    if (parent === null || typeof parent !== 'object') continue;
    const found = (parent as Record<PropertyKey, unknown>)[key];
    const text = source.textAt([...base, ...issue.path]);
    if (text === undefined || (typeof found !== 'number' && typeof found !== 'boolean')) continue;
    (parent as Record<PropertyKey, unknown>)[key] = text;
    mended = true;
  }
  return mended;
}

function wantsText(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_union') {
    return issue.errors.some((branch) => branch.some((inner) => inner.path.length === 0 && wantsText(inner)));
  }
  return issue.code === 'invalid_type' && issue.expected === 'string';
}
