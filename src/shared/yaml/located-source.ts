import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  YAMLMap,
} from 'yaml';
import { excerptOf, type Problem, RecipeError } from './problem.ts';

export type Path = readonly PropertyKey[];

const MAX_BYTES = 1024 * 1024;

/** A YAML text that still knows where each of its values stands. */
export class LocatedSource {
  readonly file: string;
  readonly #text: string;
  readonly #lines: string[];
  readonly #counter: LineCounter;
  readonly #document: Document;
  /** Nodes that `--set` or the environment put there, and what to call them. */
  readonly #foreign = new Map<unknown, string>();
  #value: { of: unknown } | undefined;

  private constructor(text: string, file: string, document: Document, counter: LineCounter) {
    this.file = file;
    this.#text = text;
    this.#lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
    this.#counter = counter;
    this.#document = document;
  }

  /** Throws a RecipeError that holds every syntax problem. */
  static parse(text: string, file: string): LocatedSource {
    const at = (line: number, column: number, message: string): Problem => ({ file, line, column, message });
    if (text.length > MAX_BYTES) throw new RecipeError([at(1, 1, 'is larger than 1 MiB')]);
    const counter = new LineCounter();
    let document: Document;
    try {
      document = parseDocument(text, { lineCounter: counter, prettyErrors: false, stringKeys: true });
    } catch (error) {
      // The parser is recursive: thousands of open brackets overflow its stack.
      if (!(error instanceof RangeError)) throw error;
      throw new RecipeError([at(1, 1, 'is nested too deeply')]);
    }
    const source = new LocatedSource(text, file, document, counter);
    const problems = [...document.errors, ...document.warnings].map(({ code, message, pos }) =>
      source.#problemAt(pos[0], yamlMessage(code, message, text.slice(pos[0]))),
    );
    problems.push(...source.#forbiddenKeys());
    if (problems.length > 0) throw new RecipeError(problems);
    return source;
  }

  /** The plain value. Throws a RecipeError for aliases that grow without bounds. */
  get value(): unknown {
    if (this.#value) return this.#value.of;
    try {
      this.#value = { of: this.#document.toJS({ maxAliasCount: 100 }) };
    } catch (error) {
      if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
      throw new RecipeError([
        this.#problemAt(this.#firstAlias(), 'an alias (*name) has no anchor, or aliases repeat too much'),
      ]);
    }
    return this.#value.of;
  }

  valueAt(path: Path): unknown {
    let value = this.value;
    for (const key of path) {
      if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<PropertyKey, unknown>)[key];
    }
    return value;
  }

  /** A number or truth value as the person wrote it: `0777`, `1.0`, not what it was read as. */
  textAt(path: Path): string | undefined {
    const node = this.#walk(path).node;
    return isScalar(node) && typeof node.source === 'string' ? node.source : undefined;
  }

  /** Puts a value that did not come from the file at `path`. Returns what is wrong with the path, if anything. */
  override(path: readonly string[], node: Node, label: string): string | undefined {
    this.#value = undefined;
    this.#foreign.set(node, label);
    if (path.some((key) => key === '' || key === '__proto__'))
      return 'is not a path of keys with dots between';
    if (this.#document.contents === null || isEmptyScalar(this.#document.contents)) {
      this.#document.contents = new YAMLMap() as never;
    }
    let parent: unknown = this.#document.contents;
    for (const [index, key] of path.entries()) {
      const last = index === path.length - 1;
      const here = path.slice(0, index).join('.') || 'the file';
      if (isAlias(parent)) return `goes through an alias at ${here}; change the file`;
      if (isSeq(parent)) {
        const position = Number(key);
        if (!/^\d+$/.test(key) || position >= parent.items.length) {
          return `has no place: ${here} is a list of ${parent.items.length}, counted from 0`;
        }
        if (last) parent.items[position] = node;
        else parent = parent.items[position];
      } else if (isMap(parent)) {
        if (last) parent.set(key, node);
        else {
          const next = parent.get(key, true) as unknown;
          if (next === undefined || isEmptyScalar(next)) {
            const made = new YAMLMap();
            this.#foreign.set(made, label);
            parent.set(key, made);
            parent = made;
          } else parent = next;
        }
      } else return `has no place: ${here} is not a map`;
    }
    return undefined;
  }

  problem(path: Path, message: string, at: 'key' | 'value' = 'value'): Problem {
    const { node, pair, foreign } = this.#walk(path);
    if (foreign !== undefined) return { file: foreign, line: 0, column: 0, message };
    // The value of a block starts a line later; its key is what a person looks for.
    const block = isCollection(node) && !node.flow;
    const keyRange = (pair?.key as Node | undefined)?.range;
    const range = at === 'value' && !block ? ((node as Node | undefined)?.range ?? keyRange) : keyRange;
    return this.#problemAt((range ?? (node as Node | undefined)?.range)?.[0] ?? 0, message);
  }

  /** The deepest node on the path that exists. */
  #walk(path: Path) {
    let node: unknown = this.#document.contents;
    let pair: Pair | undefined;
    let foreign = this.#foreign.get(node);
    for (const key of path) {
      const parent: unknown = isAlias(node) ? node.resolve(this.#document) : node;
      if (isMap(parent)) {
        const found: Pair | undefined = parent.items.find(
          (item) => isScalar(item.key) && item.key.value === key,
        ) as Pair | undefined;
        // A key that `set` made is a plain string; nothing but our own overrides does that.
        const made = found ?? (parent.items.find((item) => item.key === key) as Pair | undefined);
        if (!made) break;
        pair = made;
        node = made.value;
      } else if (isSeq(parent) && typeof key === 'number' && key < parent.items.length) {
        pair = undefined;
        node = parent.items[key];
      } else break;
      foreign = this.#foreign.get(node) ?? foreign;
    }
    return { node, pair, foreign };
  }

  #problemAt(offset: number, message: string): Problem {
    const { line, col } = this.#counter.linePos(Math.min(offset, this.#text.length));
    const row = Math.max(1, line);
    const column = Math.max(1, col);
    return {
      file: this.file,
      line: row,
      column,
      message,
      excerpt: excerptOf(this.#lines[row - 1] ?? '', column),
    };
  }

  /** `__proto__` would be skipped in silence further down, and a key that is accepted has to act. */
  #forbiddenKeys(): Problem[] {
    const problems: Problem[] = [];
    visit(this.#document, {
      Pair: (_, pair) => {
        const key = pair.key;
        if (!isPair(pair) || !isScalar(key) || key.value !== '__proto__') return;
        problems.push(this.#problemAt(key.range?.[0] ?? 0, "the key '__proto__' is not allowed"));
      },
    });
    return problems;
  }

  #firstAlias(): number {
    let offset = 0;
    visit(this.#document, {
      Alias: (_, node) => {
        offset = node.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    return offset;
  }
}

const isEmptyScalar = (node: unknown): boolean => isScalar(node) && node.value === null;

function yamlMessage(code: string, message: string, rest: string): string {
  if (code === 'DUPLICATE_KEY') return `the key '${/^[^:\s]*/.exec(rest)?.[0] ?? ''}' is given twice`;
  if (code === 'MULTIPLE_DOCS') return 'holds several documents (---); one is read';
  if (code === 'TAB_AS_INDENT') return 'a tab indents this line; YAML wants spaces';
  if (code === 'TAG_RESOLVE_FAILED') return `${message}; leave tags (!name) out`;
  if (/call stack|resource/i.test(message)) return 'is nested too deeply';
  return `is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}
