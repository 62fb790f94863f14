import { z } from 'zod';
import { withOlderShape } from './older-json-schema.ts';
import { recipeFrame } from './recipe-schema.ts';
import type { JobFactory } from './registry.ts';

type Json = { [key: string]: unknown };

/**
 * The recipe as JSON Schema, for editors. It accepts what the reader accepts, a number where text is wanted and `$name`
 * of a matrix where a number is, and the older shape; what needs two keys at once or the cluster's settings only the
 * reader can tell. `older: false` leaves out what nobody writes any more.
 */
export function recipeJsonSchema(factory: JobFactory, { older = true } = {}): Json {
  const frame = schemaOf(recipeFrame);
  const services = factory.listServices();
  const clients = factory.listClients();
  const definitions: Json = {};
  for (const kind of services) {
    const schema = schemaOf(factory.serviceKind(kind)?.schema);
    definitions[`service-${kind}`] = older ? withOlderShape(schema, 'service', kind) : schema;
  }
  for (const kind of clients) {
    const found = factory.clientKind(kind);
    const schema = schemaOf(found?.schema);
    definitions[`client-${kind}`] = older ? withOlderShape(schema, 'client', kind, found?.older) : schema;
  }
  const properties = frame.properties as Json;
  const service = oneOfKinds('service', services);
  const client = oneOfKinds('client', clients);
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
    allOf: clients.filter((kind) => services.includes(kind)).map((kind) => clientOfService(kind, clients)),
    $defs: definitions,
  };
}

const when = (condition: Json, then: Json | true, otherwise?: Json): Json => ({
  if: condition,
  then,
  ...(otherwise === undefined ? {} : { else: otherwise }),
});
const has = (key: string): Json => ({ required: [key] });
const is = (key: string, value: string): Json => ({
  properties: { [key]: { const: value } },
  required: [key],
});

/** As `readRecipe` tells a kind: by `type`, by what only one kind has, by `name`; else whatever it may be. */
function oneOfKinds(side: 'service' | 'client', kinds: readonly string[]): Json {
  const ref = (kind: string) => ({ $ref: `#/$defs/${side}-${kind}` });
  const general = side === 'service' ? 'container' : 'script';
  const others = kinds.filter((kind) => kind !== general);
  // A client without a kind is one of the service's: see `clientOfService`. A service has at least its name or a command.
  const any = side === 'service' ? ref(general) : { anyOf: others.map(ref) };
  const byCommand = when(has('command'), ref(general), any);
  const byName = kinds.reduceRight(
    (otherwise, kind) => when(is('name', kind), ref(kind), otherwise),
    byCommand,
  );
  const byScript = side === 'client' ? when(has('script'), ref('script'), byName) : byName;
  // A `type` that is not built in may come from a plugin, whose keys are not known here.
  const byType = kinds.reduceRight(
    (otherwise, kind) => when(is('type', kind), ref(kind), otherwise),
    when(has('type'), true, byScript),
  );
  return { type: 'object', ...byType };
}

/** A client that does not say its kind has that of the one service, so that a typo in its keys is one. */
function clientOfService(kind: string, clients: readonly string[]): Json {
  const says = { anyOf: [has('type'), has('script'), has('command')] };
  const service = {
    anyOf: [is('type', kind), { ...is('name', kind), not: has('type') }],
  };
  const mine = { $ref: `#/$defs/client-${kind}` };
  const known = { properties: { name: { enum: clients } }, required: ['name'] };
  const untyped = when({ anyOf: [says, known] }, true, mine);
  return when(
    { properties: { service }, required: ['service'] },
    { properties: { client: untyped, clients: { items: untyped } } },
  );
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
  // zod's own words for formats mean nothing to others, and each comes with its pattern.
  const { properties, default: _, format: _format, ...rest } = schema as Json;
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
