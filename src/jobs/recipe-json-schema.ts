import { z } from 'zod';
import { recipeFrame } from './recipe-schema.ts';
import type { JobFactory } from './registry.ts';

type Json = { [key: string]: unknown };

/**
 * The recipe as JSON Schema, for editors. It accepts what the reader accepts, a number where text is wanted and `$name`
 * of a matrix where a number is; what needs two keys at once or the cluster's settings only the reader can tell.
 */
export function recipeJsonSchema(factory: JobFactory): Json {
  const frame = schemaOf(recipeFrame);
  const services = factory.listServices();
  const clients = factory.listClients();
  const definitions: Json = {};
  for (const kind of services) definitions[`service-${kind}`] = schemaOf(factory.serviceKind(kind)?.schema);
  for (const kind of clients) definitions[`client-${kind}`] = schemaOf(factory.clientKind(kind)?.schema);
  const properties = frame.properties as Json;
  const service = job('service', services, 'container');
  const client = job('client', clients, undefined);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'sbench recipe',
    ...frame,
    properties: {
      ...properties,
      service: { ...describe(properties.service), ...service },
      services: { ...describe(properties.services), type: 'array', minItems: 1, items: service },
      client: { ...describe(properties.client), ...client },
      clients: { ...describe(properties.clients), type: 'array', minItems: 1, items: client },
    },
    $defs: definitions,
  };
}

/** One of the kinds by its `type`, else by its `name`, else whatever the reader takes it for. */
function job(side: string, kinds: readonly string[], fallback: string | undefined): Json {
  const ref = (kind: string) => ({ $ref: `#/$defs/${side}-${kind}` });
  const any = fallback !== undefined && kinds.includes(fallback) ? ref(fallback) : { anyOf: kinds.map(ref) };
  const byName = kinds.reduceRight<Json>(
    (otherwise, kind) => ({
      if: { properties: { name: { const: kind } }, required: ['name'] },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
      then: ref(kind),
      else: otherwise,
    }),
    any,
  );
  const byType = kinds.reduceRight<Json>(
    (otherwise, kind) => ({
      if: { properties: { type: { const: kind } }, required: ['type'] },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
      then: ref(kind),
      else: otherwise,
    }),
    // A `type` that is not built in may come from a plugin, whose keys are not known here.
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
    { if: { required: ['type'] }, then: true, else: byName },
  );
  return { type: 'object', ...byType };
}

const describe = (of: unknown): Json => {
  const { description } = (of ?? {}) as Json;
  return description === undefined ? {} : { description };
};

function schemaOf(schema: z.ZodType | undefined): Json {
  if (!schema) throw new Error('a kind without a schema');
  const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Json;
  const { $schema: _, ...rest } = made;
  return widen(rest) as Json;
}

const VALUE_OF_A_MATRIX = { type: 'string', pattern: '^\\$([A-Za-z_]\\w*|\\{[A-Za-z_]\\w*\\})$' };

/** What the reader takes beyond the types: see `checkLocated` and `substitute`. */
function widen(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(widen);
  if (schema === null || typeof schema !== 'object') return schema;
  const { properties, default: _, ...rest } = schema as Json;
  const own = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, KEEP.has(key) ? value : widen(value)]),
  );
  if (properties !== undefined) {
    const kept = Object.entries(properties as Json).filter(([, value]) => !isRefused(value));
    own.properties = Object.fromEntries(kept.map(([key, value]) => [key, widen(value)]));
  }
  const { description, ...bare } = own;
  const said = description === undefined ? {} : { description };
  if (bare.type === 'string' && bare.enum === undefined)
    return { ...own, type: ['string', 'number', 'boolean'] };
  if (NUMBERS.has(String(bare.type)) || bare.enum !== undefined || bare.const !== undefined) {
    return { ...said, anyOf: [bare, VALUE_OF_A_MATRIX] };
  }
  return own;
}

const KEEP: ReadonlySet<string> = new Set([
  'enum',
  'const',
  'required',
  'propertyNames',
  'pattern',
  'description',
]);
const NUMBERS: ReadonlySet<string> = new Set(['number', 'integer', 'boolean']);

/** Known, so that a typo of it is named, and refused: see `notYet` and the reserved options of sbatch. */
const isRefused = (schema: unknown): boolean => (schema as Json | null)?.['x-refused'] === true;
