import type { LocatedSource } from '../shared/yaml/located-source.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import type { Problems } from '../shared/yaml/problems.ts';
import { type Found, place, text } from './find-jobs.ts';

/** The index of the service that a client talks to. */
export function targetOf(
  { at, value }: Found,
  services: readonly Found[],
  kinds: readonly (string | undefined)[],
  source: LocatedSource,
  problems: Problems,
): number | undefined {
  const names = services.map((service, index) => text(service.value.name) ?? kinds[index] ?? '');
  const asked = text((value.target_service as Record<string, unknown> | null | undefined)?.name);
  if (asked === undefined) {
    if (services.length === 1) return 0;
    if (services.length > 1) {
      problems.at(
        source,
        at,
        `${place(at)} needs target_service: {name: …}: there are ${names.join(', ')}`,
        'key',
      );
    }
    return undefined;
  }
  const index = names.indexOf(asked);
  if (index >= 0) return index;
  problems.at(
    source,
    [...at, 'target_service', 'name'],
    `there is no service '${asked}' in this file${didYouMean(asked, names) || `; there are: ${names.join(', ')}`}`,
  );
  return undefined;
}

/** Services are told apart by their names. */
export function sameNames(
  services: readonly Found[],
  kinds: readonly (string | undefined)[],
  source: LocatedSource,
  problems: Problems,
): void {
  const seen = new Set<string>();
  for (const [index, { at, value }] of services.entries()) {
    const name = text(value.name) ?? kinds[index];
    if (name === undefined) continue;
    if (seen.has(name))
      problems.at(source, at, `${place(at)} has the name '${name}' of another; give it a 'name'`, 'key');
    seen.add(name);
  }
}
