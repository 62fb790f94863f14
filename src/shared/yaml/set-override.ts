import { isScalar, isSeq, type Node, parseDocument, Scalar } from 'yaml';
import type { LocatedSource } from './located-source.ts';
import type { Problem } from './problem.ts';

/** Applies one `--set service.model=llama3` to the recipe. */
export function setOverride(source: LocatedSource, pair: string): Problem | undefined {
  const label = `--set ${pair}`;
  const equals = pair.indexOf('=');
  const wrong = (message: string): Problem => ({ file: label, line: 0, column: 0, message });
  if (equals < 1) return wrong('is not of the form path=value');
  const path = pair.slice(0, equals).trim();
  const message = source.override(path.split('.'), scalarNode(pair.slice(equals + 1)), label);
  return message === undefined ? undefined : wrong(`'${path}' ${message}`);
}

/**
 * A value of the command line or the environment as YAML would read it: a number, a truth value, text, or a
 * list in brackets. What YAML would cut (` #comment`) or read as a map (`Say: hi`) is the text it looks like.
 */
export function scalarNode(text: string): Node {
  const plain = () => new Scalar(text);
  if (text.trim() === '') return plain();
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(text, { stringKeys: true });
  } catch {
    return plain();
  }
  const node = document.contents;
  if (document.errors.length > 0 || document.warnings.length > 0 || document.comment || node?.comment) {
    return plain();
  }
  if (isSeq(node) && node.flow) return node;
  if (!isScalar(node)) return plain();
  const whole = typeof node.value === 'string' ? text : text.trim();
  if (node.type === 'PLAIN' && node.source !== whole) return plain();
  if (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL') return plain();
  return node;
}
