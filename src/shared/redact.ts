import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, visit } from 'yaml';

const HIDDEN = '***';

/** Words that make a name a secret's: HF_TOKEN, apiKey, PGPASSWORD; not max_tokens, not key_filename. */
const LAST =
  /(?:^|[_.-])(?:token|password|passwd|passphrase|secret|credentials?|auth)$|(?:api|access|secret|private|auth|signing|encryption)[_-]?key$|password$/i;

export const looksSecret = (name: string): boolean => LAST.test(name.replace(/([a-z0-9])([A-Z])/g, '$1_$2'));

/** `--api-key`, whose value is the next argument; or behind `=`, where it may hold blanks. */
const FLAG = /^--?([A-Za-z][A-Za-z0-9_.-]{0,63})(=.*\s|$)/s;
/** `--api-key=…`, `export HF_TOKEN="…"`. */
const ASSIGNED = /([A-Za-z][A-Za-z0-9_.-]{0,63})(=\\?["']?)([^\s"',}\]\\]+)/g;
/** What stands between :// and the next slash. */
const AUTHORITY = /:\/\/([^\s/'"]+)/g;

/**
 * A recipe for other people's eyes: what looks like a secret is hidden, everything else stays as it was written. A
 * secret belongs in a `secret_file`; this is for who has put it into the text all the same.
 */
export function withoutSecrets(text: string): string {
  const hidden = withoutValues(text);
  const ranges: [number, number][] = [];
  // Whatever repeats a key was refused when it was submitted; to look for repetitions takes longer than all else.
  const options = {
    keepSourceTokens: true,
    logLevel: 'silent',
    prettyErrors: false,
    uniqueKeys: false,
  } as const;
  for (const document of parseAllDocuments(hidden, options)) {
    const hide = (value: unknown) => {
      // No deeper: a list can be its own item.
      if (isSeq(value)) for (const item of value.items) hide(isSeq(item) ? undefined : item);
      const node = isAlias(value) ? value.resolve(document) : value;
      if (isScalar(node) && node.value !== null && node.range) ranges.push([node.range[0], node.range[1]]);
    };
    visit(document, {
      Pair(_, { key, value }) {
        if (isScalar(key) && looksSecret(String(key.value)) && !isMap(value)) hide(value);
      },
      Seq(_, { items }) {
        for (const [index, item] of items.entries()) {
          if (!isScalar(item) || typeof item.value !== 'string') continue;
          const [, name = '', behind] = FLAG.exec(item.value) ?? [];
          if (looksSecret(name)) hide(behind ? item : items[index + 1]);
        }
      },
    });
  }
  return blacked(hidden, ranges);
}

function blacked(text: string, ranges: readonly [number, number][]): string {
  const parts: string[] = [];
  let from = 0;
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    // An alias names what is hidden already.
    if (start < from) continue;
    parts.push(text.slice(from, start), HIDDEN, text.slice(start, end).endsWith('\n') ? '\n' : '');
    from = end;
  }
  return [...parts, text.slice(from)].join('');
}

/** Passwords in addresses, and values of names that look like a secret's, wherever in a text they stand. */
const withoutValues = (text: string): string =>
  text
    .replace(AUTHORITY, (whole, authority: string) => {
      const at = authority.lastIndexOf('@');
      const colon = authority.indexOf(':');
      return colon >= 0 && colon < at - 1 ? `://${HIDDEN}${authority.slice(at)}` : whole;
    })
    .replace(ASSIGNED, (whole, name: string, equals: string) =>
      looksSecret(name) ? `${name}${equals}${HIDDEN}` : whole,
    );
