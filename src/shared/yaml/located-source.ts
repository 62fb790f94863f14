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
  visit,
  YAMLMap,
} from 'yaml';
import { excerptOf, type Problem, RecipeError } from './problem.ts';
import { putNode } from './put-node.ts';
import { isEmptyScalar, readDocuments, yamlMessage } from './read-documents.ts';
import { type Substitution, substitute, substituteAll } from './substitute.ts';

export type Path = readonly PropertyKey[];

const MAX_BYTES = 1024 * 1024;
/** Each costs memory of its own; a file of so many parts is none that a person wrote. */
const MAX_DOCUMENTS = 100;
/** Nobody reads more problems at once. */
const MAX_PROBLEMS = 100;

/** A YAML text that still knows where each of its values stands. */
export class LocatedSource {
  readonly file: string;
  readonly #text: string;
  readonly #lines: string[];
  readonly #counter: LineCounter;
  readonly #document: Document;
  /** Nodes that `--set`, the environment or another file put there: what to call them, or where they stand. */
  readonly #foreign: Map<unknown, string | LocatedSource>;
  readonly #substitution: Substitution | undefined;
  #value: { of: unknown } | undefined;

  private constructor(
    text: string,
    file: string,
    document: Document,
    counter: LineCounter,
    variant?: { foreign: Map<unknown, string | LocatedSource>; substitution: Substitution },
  ) {
    this.#foreign = variant?.foreign ?? new Map();
    this.#substitution = variant?.substitution;
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
    const separators = [...text.matchAll(/^(?:---|\.\.\.)(?=\s|$)/gm)].length;
    if (separators > MAX_DOCUMENTS) {
      throw new RecipeError([at(1, 1, `has more than ${MAX_DOCUMENTS} documents (---)`)]);
    }
    const counter = new LineCounter();
    const documents = readDocuments(text, counter);
    if (!documents) throw new RecipeError([at(1, 1, 'is nested too deeply')]);
    // Several documents (---) are one file in parts.
    const [source, ...rest] = documents.map((document) => new LocatedSource(text, file, document, counter));
    if (!source) throw new Error('a text without any document');
    const problems = documents.flatMap(({ errors, warnings }) =>
      [...errors, ...warnings]
        .slice(0, MAX_PROBLEMS)
        .map(({ code, message, pos }) =>
          source.#problemAt(pos[0], yamlMessage(code, message, text.slice(pos[0]))),
        ),
    );
    problems.push(...[source, ...rest].flatMap((part) => part.#forbiddenKeys()));
    for (const part of problems.length > 0 ? [] : rest) problems.push(...source.#join(part));
    if (problems.length > 0) throw new RecipeError(problems);
    return source;
  }

  /** Several files as one: each key at the top stands in one of them. Throws a RecipeError when one stands in two. */
  static parseAll(files: readonly { text: string; file: string }[]): LocatedSource {
    const sources: LocatedSource[] = [];
    const problems: Problem[] = [];
    for (const { text, file } of files) {
      try {
        sources.push(LocatedSource.parse(text, file));
      } catch (error) {
        if (!(error instanceof RecipeError)) throw error;
        problems.push(...error.problems);
      }
    }
    const [first, ...rest] = sources;
    if (!first || problems.length > 0) throw new RecipeError(problems);
    for (const part of rest) problems.push(...first.#join(part));
    if (problems.length > 0) throw new RecipeError(problems);
    return first;
  }

  /** The same text with `$name` replaced in all its values, but not below the keys in `except`. */
  substituted(substitution: Substitution): LocatedSource {
    const variant = { foreign: this.#foreign, substitution };
    return new LocatedSource(this.#text, this.file, this.#document, this.#counter, variant);
  }

  #join(part: LocatedSource): Problem[] {
    const added = part.#document.contents;
    if (added === null || isEmptyScalar(added)) return [];
    if (this.#document.contents === null || isEmptyScalar(this.#document.contents)) {
      this.#document.contents = new YAMLMap() as never;
    }
    const own = this.#document.contents;
    if (!isMap(own) || !isMap(added)) {
      return [
        (isMap(own) ? part : this).problem([], 'is not a map (key: value), so nothing can be joined to it'),
      ];
    }
    return added.items.flatMap((pair: Pair) => {
      const key = isScalar(pair.key) ? pair.key.value : pair.key;
      // Both halves may say which version of the format they are written in.
      if (own.has(key) && key === 'version' && own.get(key) === added.get(key)) return [];
      if (own.has(key)) {
        const message = `'${String(key)}' is given in ${part.file === this.file ? 'an earlier document' : this.file} too`;
        return [part.problem([String(key)], message, 'key')];
      }
      own.items.push(pair as never);
      this.#foreign.set(pair, part);
      return [];
    });
  }

  /** The plain value. Throws a RecipeError for aliases that grow without bounds. */
  get value(): unknown {
    if (this.#value) return this.#value.of;
    try {
      const plain: unknown = this.#document.toJS({ maxAliasCount: 100 });
      this.#value = { of: this.#substitution ? substituteAll(plain, this.#substitution) : plain };
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
    if (!isScalar(node)) return undefined;
    if (this.#substitution && typeof node.value === 'string') {
      return substitute(node.value, this.#substitution).text;
    }
    return typeof node.source === 'string' ? node.source : undefined;
  }

  /** Puts a value that did not come from the file at `path`. Returns what is wrong with the path, if anything. */
  override(path: readonly string[], node: Node, label: string): string | undefined {
    this.#value = undefined;
    this.#foreign.set(node, label);
    return putNode(this.#document, path, node, (made) => this.#foreign.set(made, label));
  }

  problem(path: Path, message: string, at: 'key' | 'value' = 'value'): Problem {
    const { node, pair, foreign } = this.#walk(path);
    if (typeof foreign === 'string') return { file: foreign, line: 0, column: 0, message };
    // The value of a block starts a line later; its key is what a person looks for.
    const block = isCollection(node) && !node.flow;
    const keyRange = (pair?.key as Node | undefined)?.range;
    const range = at === 'value' && !block ? ((node as Node | undefined)?.range ?? keyRange) : keyRange;
    return (foreign ?? this).#problemAt((range ?? (node as Node | undefined)?.range)?.[0] ?? 0, message);
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
        foreign = this.#foreign.get(made) ?? foreign;
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
