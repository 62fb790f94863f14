import { isToken, type Token, type Value } from './shell-word.ts';

/** What `$NAME` may mean at one place. */
export interface Scope {
  variables: ReadonlyMap<string, Value>;
  tokens: ReadonlySet<Token>;
}

export interface Expansion {
  value: Value;
  /** Names that mean nothing here; they stayed as they were. */
  undeclared: string[];
}

const COMMON = ['HOME', 'USER', 'SBENCH_DIR', 'SBENCH_TOOLS', 'SBENCH_WORK', 'SBENCH_RESULTS_DIR'] as const;

export const SERVICE_TOKENS: ReadonlySet<Token> = new Set<Token>([...COMMON, 'SBENCH_PORT']);
export const CLIENT_TOKENS: ReadonlySet<Token> = new Set<Token>([
  ...COMMON,
  'TARGET_SERVICE_HOST',
  'TARGET_SERVICE_PORT',
  'TARGET_SERVICE_URL',
]);
/** A cluster's variables are the same for every role, and so are files of its user. */
export const VARIABLE_TOKENS: ReadonlySet<Token> = new Set<Token>(['HOME', 'USER']);

const NAME = /\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/g;

/** Replaces `$NAME`, `${NAME}` and `$$`; every other dollar is a dollar. */
export function expand(text: string, scope: Scope): Expansion {
  const value: (string | { token: Token })[] = [];
  const undeclared: string[] = [];
  let end = 0;
  for (const match of text.matchAll(NAME)) {
    value.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const name = match[2] ?? match[3];
    if (name === undefined) {
      value.push('$');
      continue;
    }
    const declared = scope.variables.get(name);
    if (declared) value.push(...declared);
    else if (isToken(name) && scope.tokens.has(name)) value.push({ token: name });
    else {
      undeclared.push(name);
      value.push(match[0]);
    }
  }
  value.push(text.slice(end));
  return { value: joinLiterals(value), undeclared };
}

/** A cluster's variables may name each other. Problems come by the variable's name. */
export function resolveVariables(declared: Readonly<Record<string, string>>) {
  const variables = new Map<string, Value>();
  const problems: { name: string; message: string }[] = [];
  const open: string[] = [];

  const resolve = (name: string): Value | undefined => {
    const done = variables.get(name);
    if (done) return done;
    const text = Object.hasOwn(declared, name) ? declared[name] : undefined;
    if (text === undefined) return undefined;
    if (open.includes(name)) {
      const circle = [...open.slice(open.indexOf(name)), name].map((one) => `$${one}`).join(' → ');
      problems.push({ name, message: `goes in a circle: ${circle}` });
      return [];
    }
    open.push(name);
    const inner = new Map<string, Value>();
    for (const match of text.matchAll(NAME)) {
      const other = match[2] ?? match[3];
      const value = other === undefined ? undefined : resolve(other);
      if (other !== undefined && value) inner.set(other, value);
    }
    const { value, undeclared } = expand(text, { variables: inner, tokens: VARIABLE_TOKENS });
    for (const other of undeclared) problems.push({ name, message: undeclaredWords(other) });
    open.pop();
    variables.set(name, value);
    return value;
  };
  for (const name of Object.keys(declared)) resolve(name);
  return { variables, problems };
}

export function undeclaredWords(name: string): string {
  if (name === 'SBENCH_PORT') return 'uses $SBENCH_PORT, which only a service with ports has';
  if (name.startsWith('TARGET_SERVICE_')) return `uses $${name}, which is not known here`;
  if (name.startsWith('SBENCH_')) return `uses $${name}, which sbench does not set`;
  return `uses $${name}, which is not declared: add it to the cluster's variables in the configuration, or write $$ for a dollar`;
}

/** Names that only sbench gives a meaning to are a mistake wherever they are unknown. */
export const isOurs = (name: string): boolean => /^(SBENCH|TARGET_SERVICE)_/.test(name);

function joinLiterals(parts: Value): Value {
  const joined: (string | { token: Token })[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part !== 'string') joined.push(part);
    else if (typeof last === 'string') joined[joined.length - 1] = last + part;
    else if (part !== '') joined.push(part);
  }
  return joined;
}
