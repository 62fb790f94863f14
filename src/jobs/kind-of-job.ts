import type { LocatedSource, Path } from '../shared/yaml/located-source.ts';
import { editDistance, nearest } from '../shared/yaml/nearest.ts';
import type { Problems } from '../shared/yaml/problems.ts';
import { type Found, place, text } from './find-jobs.ts';
import type { JobFactory } from './registry.ts';

/** Its `type`, else its name, else a program of the user's own. */
export function serviceKindOf(
  { at, value }: Found,
  factory: JobFactory,
  source: LocatedSource,
  problems: Problems,
  notes: string[],
): string | undefined {
  const known = factory.listServices();
  const type = text(value.type);
  const name = text(value.name);
  if (type !== undefined) return knownKind('service', type, [...at, 'type'], known, source, problems);
  if (name !== undefined && known.includes(name)) return name;
  // One slip away from a kind is a slip, whatever else stands there.
  const slip = known.find((kind) => name !== undefined && editDistance(name.toLowerCase(), kind) === 1);
  if (slip === undefined && value.command !== undefined && value.type === undefined) {
    notes.push(
      `${place(at)}: ${name === undefined ? 'no kind is named' : `'${name}' is no kind`}: read as type: container`,
    );
    return 'container';
  }
  if (name !== undefined && nearest(name, known) !== undefined) {
    return knownKind('service', name, [...at, 'name'], known, source, problems);
  }
  if (value.type === undefined) {
    problems.at(source, at, `${place(at)} needs 'type'; there are: ${known.join(', ')}`, 'key');
  }
  return undefined;
}

/** Its `type`, else its name, else its program, else the kind of the service that it talks to. */
export function clientKindOf(
  { at, value }: Found,
  ofTarget: string | undefined,
  factory: JobFactory,
  source: LocatedSource,
  problems: Problems,
  notes: string[],
) {
  const known = factory.listClients();
  const type = text(value.type);
  const name = text(value.name);
  if (type !== undefined) return knownKind('client', type, [...at, 'type'], known, source, problems);
  // A program of one's own is one, whatever its name and whatever it talks to.
  if (value.script !== undefined && value.type === undefined) return 'script';
  if (name !== undefined && known.includes(name)) return name;
  // The tool of the service's own kind is that kind.
  const program = text(value.command)?.split('/').at(-1);
  if (program !== undefined && factory.clientKind(ofTarget ?? '')?.older?.program === program)
    return ofTarget;
  if (value.command !== undefined && value.type === undefined) {
    notes.push(
      `${place(at)}: ${name === undefined ? 'no kind is named' : `'${name}' is no kind`}: read as type: script`,
    );
    return 'script';
  }
  if (ofTarget !== undefined && known.includes(ofTarget)) return ofTarget;
  if (ofTarget !== undefined && value.type === undefined) {
    problems.at(source, at, `${place(at)} needs 'type' or 'script'; there are: ${known.join(', ')}`, 'key');
  }
  return undefined;
}

function knownKind(
  side: string,
  kind: string,
  at: Path,
  known: readonly string[],
  source: LocatedSource,
  problems: Problems,
): string | undefined {
  if (known.includes(kind)) return kind;
  const near = nearest(kind, known);
  const message =
    near === undefined
      ? `there is no ${side} kind '${kind}'; there are: ${known.join(', ')}`
      : `unknown ${side} kind '${kind}'. Did you mean '${near}'?`;
  problems.at(source, at, message);
  // What was probably meant also tells what else is wrong.
  return near;
}
