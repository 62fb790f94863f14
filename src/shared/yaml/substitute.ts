/** A plain value of YAML that is not a list or a map. */
export type Scalar = string | number | boolean;

/** Names that stand for values in one of several readings of the same text. */
export interface Substitution {
  /** The value, and how the person wrote it: `1.0`, not what it was read as. */
  names: ReadonlyMap<string, { value: Scalar; text: string }>;
  /** Keys at the top of the file whose values stay as they are. */
  except: ReadonlySet<string>;
  /** Gathers the names that were used. */
  used?: Set<string>;
}

// `$$` is a dollar, so what follows it is no name.
const NAME = /\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/g;

/** `$name` and `${name}`; a text that is nothing else becomes the value itself, with its type. */
export function substitute(text: string, { names, used }: Substitution): { value: Scalar; text: string } {
  if (!text.includes('$')) return { value: text, text };
  const alone = /^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})$/.exec(text);
  const whole = alone && names.get(alone[1] ?? alone[2] ?? '');
  if (whole) {
    used?.add(alone[1] ?? alone[2] ?? '');
    return whole;
  }
  const inside = text.replaceAll(NAME, (match, bare?: string, braced?: string) => {
    const name = bare ?? braced ?? '';
    const found = names.get(name);
    if (!found) return match;
    used?.add(name);
    return found.text;
  });
  return { value: inside, text: inside };
}

/** The same in every text of a value; keys stay as they are. */
export function substituteAll(value: unknown, substitution: Substitution, atTop = true): unknown {
  if (typeof value === 'string') return substitute(value, substitution).value;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each) => substituteAll(each, substitution, false));
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    atTop && substitution.except.has(key) ? inner : substituteAll(inner, substitution, false),
  ]);
  return Object.fromEntries(entries);
}
