type Json = { [key: string]: unknown };

/** The tables of `docs/recipes.md`, from the same schema that editors use. */
export function recipeTables(schema: Json): string {
  const definitions = schema.$defs as Record<string, Json>;
  const sections = [
    section('The file', schema),
    ...Object.entries(definitions).map(([name, each]) => {
      const [side = '', ...kind] = name.split('-');
      return section(`${side}: ${kind.join('-')}`, each);
    }),
  ];
  return sections.join('\n');
}

function section(title: string, schema: Json): string {
  const rows = rowsOf(schema, '', new Set((schema.required as string[] | undefined) ?? []));
  return [`### ${title}`, '', '| key | value | |', '|---|---|---|', ...rows, ''].join('\n');
}

function rowsOf(schema: Json, prefix: string, required: ReadonlySet<string>): string[] {
  return Object.entries((schema.properties ?? {}) as Record<string, Json>).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    const needed = required.has(key) ? ', needed' : '';
    const row = `| \`${name}\` | ${valueWords(value)}${needed} | ${escaped(String(value.description ?? ''))} |`;
    // Slurm's own options are a list of their own.
    if (key === 'resources' || value.properties === undefined) return [row];
    const inner = new Set((value.required as string[] | undefined) ?? []);
    return [row, ...rowsOf(value, `${name}.`, inner)];
  });
}

function valueWords(schema: Json): string {
  if (schema.enum !== undefined) return (schema.enum as unknown[]).map((one) => `\`${one}\``).join(' ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  const options = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  // `$name` of a matrix stands wherever a number may, and is said once.
  if (options) {
    const words = options.filter((one) => !String(one.pattern ?? '').startsWith('^\\$')).map(valueWords);
    return [...new Set(words)].join(' or ');
  }
  if (Array.isArray(schema.type)) return 'text';
  switch (schema.type) {
    case 'array':
      return `list of ${valueWords((schema.items ?? {}) as Json)}`;
    case 'object':
      return 'map';
    case 'integer':
      return `whole number${rangeWords(schema)}`;
    case 'number':
      return `number${rangeWords(schema)}`;
    case 'boolean':
      return 'true or false';
    default:
      return schema.if === undefined ? 'anything' : 'map';
  }
}

const LARGE = 2 ** 53 - 1;

function rangeWords({ minimum, maximum }: Json): string {
  const low = typeof minimum === 'number' && minimum > -LARGE ? minimum : undefined;
  const high = typeof maximum === 'number' && maximum < LARGE ? maximum : undefined;
  if (low !== undefined && high !== undefined) return ` ${low}…${high}`;
  return low === undefined ? '' : ` ≥ ${low}`;
}

const escaped = (text: string): string => text.replaceAll('|', '\\|');
