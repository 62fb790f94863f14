import { isScalar, parseDocument, visit } from 'yaml';

const HIDDEN = '***';

/** Words that make a name a secret's: HF_TOKEN, apiKey, PGPASSWORD; not max_tokens, not key_filename. */
const LAST =
  /(?:^|[_.-])(?:token|password|passwd|passphrase|secret|credentials?|auth)$|(?:api|access|secret|private|auth|signing|encryption)[_-]?key$|password$/i;

export const looksSecret = (name: string): boolean => LAST.test(name.replace(/([a-z0-9])([A-Z])/g, '$1_$2'));

/** user:password@ in any URL of a text. */
const inUrl = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]*:[^\s/@'"]+@/gi;

/**
 * A recipe for other people's eyes: what looks like a secret is hidden, everything else stays as it was written. A
 * secret belongs in a `secret_file`; this is for who has put it into the text all the same.
 */
export function withoutSecrets(text: string): string {
  const ranges: [number, number][] = [];
  const document = parseDocument(text, { keepSourceTokens: true, logLevel: 'silent' });
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !isScalar(value) || !value.range) return;
      if (value.value === null || !looksSecret(String(key.value))) return;
      ranges.push([value.range[0], value.range[1]]);
    },
  });
  let hidden = text;
  for (const [from, to] of ranges.sort((a, b) => b[0] - a[0])) {
    const ended = hidden.slice(from, to).endsWith('\n') ? '\n' : '';
    hidden = `${hidden.slice(0, from)}${HIDDEN}${ended}${hidden.slice(to)}`;
  }
  return hidden.replace(inUrl, `$1${HIDDEN}@`);
}
