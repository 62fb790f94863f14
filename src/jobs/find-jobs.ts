import type { LocatedSource, Path } from '../shared/yaml/located-source.ts';
import type { Problems } from '../shared/yaml/problems.ts';

/** Where one service or client stands, and what the file says there. */
export interface Found {
  at: Path;
  value: Record<string, unknown>;
}

/** The services, or the clients, of a file: under one key or in a list. */
export function findAll(source: LocatedSource, one: string, several: string, problems: Problems): Found[] {
  const single = source.valueAt([one]);
  const list = source.valueAt([several]);
  if (single !== undefined && list !== undefined) {
    problems.at(source, [several], `'${one}' and '${several}' are both given; use one`, 'key');
  }
  const places: [Path, unknown][] = single !== undefined ? [[[one], single]] : [];
  if (single === undefined && Array.isArray(list))
    places.push(...list.map((value, index): [Path, unknown] => [[several, index], value]));
  // A role is named by at most two digits.
  if (places.length > 99) problems.at(source, [several], 'has more than 99 entries');
  return places.flatMap(([at, value]) => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return [{ at, value: value as Record<string, unknown> }];
    }
    const what = at.length === 1 ? one : `${several}[${String(at[1])}]`;
    problems.at(source, at, `${what} ${value === null ? 'is empty' : 'must be a map (key: value)'}`);
    return [];
  });
}

export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export const place = (at: Path): string =>
  at.length === 1 ? String(at[0]) : `${String(at[0])}[${String(at[1])}]`;
