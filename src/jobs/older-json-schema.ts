import type { OlderNames } from './older-parameters.ts';
import { OF_CONTAINER } from './seed-shape.ts';

type Json = { [key: string]: unknown };

const TEXT = { type: ['string', 'number', 'boolean'] };
const PAIR = { type: 'string', pattern: '^[^=]+=' };

/**
 * A kind's schema with what `readOlderKeys` and `readOlderParameters` understand, too: keys of the older shape are no
 * mistake in an editor. They are marked as deprecated, so that it offers the others.
 */
export function withOlderShape(
  schema: Json,
  side: 'service' | 'client',
  kind: string,
  older?: OlderNames,
): Json {
  const properties = { ...(schema.properties as Record<string, Json>) };
  const ref = (path: string): Json => ({ $ref: `#/$defs/${side}-${kind}/properties/${path}` });
  const also = (key: string, other: Json): void => {
    const now = properties[key];
    if (now) properties[key] = either(now, other);
  };
  for (const key of OF_CONTAINER) {
    const now = (properties.container?.properties as Record<string, Json> | undefined)?.[key];
    if (now) properties[key] ??= instead(ref(`container/properties/${key}`), `container.${key}`);
  }
  properties.init_script = instead({ anyOf: [TEXT, { type: 'array', items: TEXT }] }, 'setup');
  if (side === 'service') properties.health_check_endpoint = instead(TEXT, 'health_check.endpoint');
  also('environment', { type: 'array', items: PAIR });
  also('target_service', TEXT);
  const { parameters } = properties;
  if (parameters?.properties) {
    const known = withOlderNames(parameters, properties.sweep, older);
    properties.parameters = either(known, { type: 'array', items: ref('parameters/anyOf/0') });
  }
  if (older && !properties.args) properties.args = instead({ type: 'array', items: TEXT }, 'parameters');
  return { ...schema, properties };
}

const instead = ({ description: _, ...schema }: Json, key: string): Json => ({
  description: `The older way to write ${key}.`,
  deprecated: true,
  ...schema,
});

/** What is said of a key is said of it in either form. */
const either = ({ description, ...now }: Json, other: Json): Json => ({
  ...(description === undefined ? {} : { description }),
  anyOf: [now, other],
});

/** Other names of parameters, and lists where a sweep has an axis. */
function withOlderNames(parameters: Json, sweep: Json | undefined, older: OlderNames | undefined): Json {
  const own = { ...(parameters.properties as Record<string, Json>) };
  const axes = (sweep?.properties ?? {}) as Record<string, Json>;
  for (const [name, now] of Object.entries(own)) {
    const axis = axes[name];
    if (axis) own[name] = either(now, { deprecated: true, ...axis });
  }
  for (const [name, now] of Object.entries(older?.names ?? {})) {
    const called = own[now];
    if (called) own[name] ??= instead(inCapitals(called), now);
  }
  return { ...parameters, properties: own };
}

/** SET beside set, as people write them. */
function inCapitals(schema: Json): Json {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === 'enum') return [key, (value as string[]).flatMap((word) => [word, word.toUpperCase()])];
      if (key === 'anyOf') return [key, (value as Json[]).map(inCapitals)];
      return [key, key === 'items' ? inCapitals(value as Json) : value];
    }),
  );
}
