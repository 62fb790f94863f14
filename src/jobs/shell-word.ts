/** Facts that only the compute node knows; the plan carries them as tokens until there. */
export const TOKENS = [
  'HOME',
  'USER',
  'SBENCH_PORT',
  'SBENCH_BIN',
  'SBENCH_CONTAINER',
  'SBENCH_DIR',
  'SBENCH_NEW',
  'SBENCH_TOOLS',
  'SBENCH_WORK',
  'SBENCH_RESULTS_DIR',
  'TARGET_SERVICE_HOST',
  'TARGET_SERVICE_PORT',
  'TARGET_SERVICE_URL',
  // Of services whose kind has one; not for recipes.
  'SBENCH_PASSWORD_FILE',
  'TARGET_SERVICE_PASSWORD',
] as const;

/** Named ports, and the services of a client that has several. */
const NAMED = /^(SBENCH_PORT|TARGET_SERVICE)_[A-Z0-9_]+$/;

export type Token = (typeof TOKENS)[number] | `SBENCH_PORT_${string}` | `TARGET_SERVICE_${string}`;

/** A value of a recipe: literal text, and tokens between it. */
export type Value = readonly (string | { token: Token })[];

const KNOWN: ReadonlySet<string> = new Set(TOKENS);
export const isToken = (name: string): name is Token => KNOWN.has(name) || NAMED.test(name);

/** What no shell word can carry: NUL ends it, and half a surrogate pair is not UTF-8. */
export const UNSPEAKABLE = /\0|\p{Surrogate}/u;

// Linux refuses a single argument or environment value above 128 KiB.
export const MAX_WORD = 100 * 1024;

/**
 * The one place that quotes. Whatever the value, the result is one word of a bash script, and nothing in it is
 * executed: literals stand in single quotes, tokens are a fixed list.
 */
export function shellWord(value: Value | string): string {
  const parts = typeof value === 'string' ? [value] : value;
  const word = parts
    .map((part) => (typeof part === 'string' ? quote(part) : expandToken(part.token)))
    .join('');
  return word === '' ? "''" : word;
}

export const shellWords = (values: readonly (Value | string)[]): string => values.map(shellWord).join(' ');

function quote(text: string): string {
  if (text === '') return '';
  if (UNSPEAKABLE.test(text)) throw new Error('a value with NUL or a lone surrogate reached the script');
  // sbatch refuses a script with DOS line ends, even inside quotes, so a carriage return is spelled out.
  return text
    .split('\r')
    .map((piece) => (piece === '' ? '' : `'${piece.replaceAll("'", "'\\''")}'`))
    .join("$'\\r'");
}

function expandToken(name: string): string {
  if (!isToken(name)) throw new Error(`${JSON.stringify(name)} is not a token`);
  return `"\${${name}}"`;
}

/** A value as a person wrote it: tokens as `$NAME`. For messages, never for a shell. */
export const valueText = (value: Value): string =>
  value.map((part) => (typeof part === 'string' ? part : `$${part.token}`)).join('');
