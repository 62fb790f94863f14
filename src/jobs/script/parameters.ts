import { z } from 'zod';
import { text } from '../recipe-schema.ts';

const single = z.union([z.boolean(), text]);
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, 'must be letters, digits and _ . -');

/** A program's own parameters. A number is the text it was written as. */
export const programParameters = z.record(
  name,
  z.union([
    single,
    z.array(z.union([text, z.number().transform(String), z.boolean().transform(String)])).max(1000),
  ]),
);

/** `--key value`; a list repeats its key, true is the key alone, false is nothing. */
export function parameterWords(
  parameters: z.infer<typeof programParameters>,
): { word: string; at: readonly PropertyKey[] }[] {
  return Object.entries(parameters).flatMap(([key, value]) => {
    const option = { word: `--${key}`, at: [key] };
    if (value === false) return [];
    if (value === true) return [option];
    if (typeof value === 'string') return [option, { word: value, at: [key] }];
    return value.flatMap((each, index) => [option, { word: each, at: [key, index] }]);
  });
}
