import { type Document, isScalar, type LineCounter, parseAllDocuments, parseDocument } from 'yaml';

/** All documents of a text, with their errors in them. Undefined: it is nested too deeply to be read. */
export function readDocuments(text: string, lineCounter: LineCounter): Document[] | undefined {
  const options = { lineCounter, prettyErrors: false, stringKeys: true };
  try {
    const found = parseAllDocuments(text, options);
    // A text of nothing but comments has no document; an empty one stands for it.
    return 'empty' in found ? [parseDocument(text, options)] : found;
  } catch (error) {
    // The parser is recursive: thousands of open brackets overflow its stack.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** `key:` with nothing behind it, or an empty text. */
export const isEmptyScalar = (node: unknown): boolean => isScalar(node) && node.value === null;

/** The parser's error in words for a person who knows no YAML. */
export function yamlMessage(code: string, message: string, rest: string): string {
  if (code === 'DUPLICATE_KEY') return `the key '${/^[^:\s]*/.exec(rest)?.[0] ?? ''}' is given twice`;
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line; YAML wants spaces';
  if (code === 'TAG_RESOLVE_FAILED') return `${message}; leave tags (!name) out`;
  if (/call stack|resource/i.test(message)) return 'is nested too deeply';
  return `is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}
