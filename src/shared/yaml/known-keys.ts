import type { z } from 'zod';

/** As much of a zod schema's definition as a walk through it needs. */
interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  valueType?: z.ZodType;
  innerType?: z.ZodType;
  in?: z.ZodType;
  options?: z.ZodType[];
}

/** The keys a schema knows at a path: what an unknown key may have been meant to be. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const definition = schema.def as unknown as Definition;
  const inner = definition.innerType ?? definition.in;
  if (inner) return knownKeys(inner, path);
  if (definition.options) return definition.options.flatMap((option) => knownKeys(option, path));
  const [key, ...rest] = path;
  if (definition.shape) {
    if (key === undefined) return Object.keys(definition.shape);
    const next = Object.hasOwn(definition.shape, key) ? definition.shape[String(key)] : undefined;
    return next ? knownKeys(next, rest) : [];
  }
  const item = definition.element ?? definition.valueType;
  return item && key !== undefined ? knownKeys(item, rest) : [];
}
