import { type Document, isAlias, isMap, isSeq, type Node, YAMLMap } from 'yaml';
import { isEmptyScalar } from './read-documents.ts';

/**
 * Puts a node at a path, and makes the maps on the way that are not there. Returns what is wrong with the path, if
 * anything.
 */
export function putNode(
  document: Document,
  path: readonly string[],
  node: Node,
  onMade: (map: YAMLMap) => void,
): string | undefined {
  if (path.some((key) => key === '' || key === '__proto__')) return 'is not a path of keys with dots between';
  if (document.contents === null || isEmptyScalar(document.contents)) {
    document.contents = new YAMLMap() as never;
  }
  let parent: unknown = document.contents;
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
          onMade(made);
          parent.set(key, made);
          parent = made;
        } else parent = next;
      }
    } else return `has no place: ${here} is not a map`;
  }
  return undefined;
}
