import type { z } from 'zod';
import { checkLocated } from './check-located.ts';
import { LocatedSource } from './located-source.ts';
import { Problems } from './problems.ts';

/** Parses and checks a YAML text in one go; throws a RecipeError with every problem and its place. */
export function parseLocated<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
  what = 'file',
): z.output<Schema> {
  const source = LocatedSource.parse(text, file);
  const problems = new Problems();
  const value = checkLocated(source, schema, problems, { what });
  problems.throwIfAny();
  return value as z.output<Schema>;
}
