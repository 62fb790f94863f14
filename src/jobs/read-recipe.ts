import { z } from 'zod';
import type { ForeignTarget } from '../shared/plan/foreign-target.ts';
import { checkLocated } from '../shared/yaml/check-located.ts';
import type { LocatedSource, Path } from '../shared/yaml/located-source.ts';
import { didYouMean, editDistance, nearest } from '../shared/yaml/nearest.ts';
import type { Problems } from '../shared/yaml/problems.ts';
import type { Client, ClientKind } from './client.ts';
import { ForeignService } from './foreign-service.ts';
import { clientFrame, recipeFrame, serviceFrame } from './recipe-schema.ts';
import type { JobFactory } from './registry.ts';
import type { Service, ServiceKind } from './service.ts';

interface Entry<Made> {
  /** Where it stands in the file. */
  at: Path;
  role: string;
  name: string;
  job: Made;
  owns: readonly string[];
}

export type ServiceEntry = Entry<Service>;
export type ClientEntry = Entry<Client> & { target: ServiceEntry; foreign?: ForeignTarget | undefined };

/** Where one service or client stands, and what the file says there. */
interface Found {
  at: Path;
  value: Record<string, unknown>;
}

const WHAT = 'recipe';

/** The recipe checked in two steps: the frame, then every service and client against its own kind's schema. */
export function readRecipe(
  source: LocatedSource,
  factory: JobFactory,
  problems: Problems,
  foreign?: ForeignTarget,
) {
  if (source.value === null) problems.at(source, [], 'the recipe is empty');
  const frame =
    source.value === null ? undefined : checkLocated(source, recipeFrame, problems, { what: WHAT });
  const services = findAll(source, 'service', 'services', problems);
  const clients = findAll(source, 'client', 'clients', problems);
  if (services.length === 0 && source.value !== null) {
    if (clients.length === 0) problems.at(source, [], 'the recipe has neither a service nor a client');
    else if (!foreign) problems.at(source, [], NO_SERVICE);
  } else if (foreign) {
    const option = foreign.is === 'session' ? '--target' : '--endpoint';
    problems.at(source, [], `${option} is for a recipe with clients only, and this one has a service`);
  }

  const notes: string[] = [];
  const kinds = services.map((found) => serviceKindOf(found, factory, source, problems, notes));
  const made = services.map((found, index): ServiceEntry | undefined => {
    const kind = kinds[index];
    const recipe = check(source, problems, found, factory.serviceKind(kind ?? ''), serviceFrame);
    if (kind === undefined || recipe === undefined) return undefined;
    const { owns = [] } = factory.serviceKind(kind) ?? {};
    const name = text(found.value.name) ?? kind;
    return { at: found.at, role: `s${index + 1}`, name, job: factory.createService(kind, recipe), owns };
  });
  sameNames(services, kinds, source, problems);

  const entries = clients.map((found, index): ClientEntry | undefined => {
    const theirs = services.length === 0 ? foreign : undefined;
    const target = theirs ? undefined : targetOf(found, services, kinds, source, problems);
    const ofTarget = theirs ? kindOf(theirs) : kinds[target ?? 0];
    const kind = clientKindOf(found, ofTarget, factory, source, problems, notes);
    if (theirs && kind === undefined && found.value.type === undefined) {
      problems.at(
        source,
        found.at,
        `${place(found.at)} needs 'type'; there are: ${factory.listClients().join(', ')}`,
        'key',
      );
    }
    const recipe = check(source, problems, found, factory.clientKind(kind ?? ''), clientFrame);
    const service = theirs ? foreignEntry(theirs) : target === undefined ? undefined : made[target];
    if (kind === undefined || recipe === undefined || !service) return undefined;
    const { owns = [] } = factory.clientKind(kind) ?? {};
    const job = factory.createClient(kind, recipe);
    const name = text(found.value.name) ?? (clients.length > 1 ? `${kind}-${index + 1}` : kind);
    return { at: found.at, role: `c${index + 1}`, name, job, owns, target: service, foreign: theirs };
  });
  return {
    frame,
    hasClients: clients.length > 0,
    notes,
    services: made.filter((entry) => entry !== undefined),
    clients: entries.filter((entry) => entry !== undefined),
  };
}

const NO_SERVICE =
  'the recipe has no service: give the one to use with --target SESSION or --endpoint URL, or its file beside this one';

const kindOf = (foreign: ForeignTarget): string | undefined =>
  foreign.is === 'session' ? foreign.service.kind : undefined;

/** In the place of a service of ours. */
function foreignEntry(foreign: ForeignTarget): ServiceEntry {
  const { role, name, kind, model } =
    foreign.is === 'session'
      ? foreign.service
      : { role: 's1', name: foreign.url, kind: 'endpoint', model: undefined };
  return { at: [], role, name, job: new ForeignService(kind, model), owns: [] };
}

function check(
  source: LocatedSource,
  problems: Problems,
  { at }: Found,
  kind: ServiceKind | ClientKind | undefined,
  frame: z.ZodObject,
) {
  // Of an unknown kind, its own keys cannot be told from typos; the common ones still can be wrong.
  return checkLocated(source, kind?.schema ?? z.looseObject(frame.shape), problems, { what: WHAT, base: at });
}

function findAll(source: LocatedSource, one: string, several: string, problems: Problems): Found[] {
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

function serviceKindOf(
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

function clientKindOf(
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

/** The index of the service that a client talks to. */
function targetOf(
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

function sameNames(
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

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const place = (at: Path): string => (at.length === 1 ? String(at[0]) : `${String(at[0])}[${String(at[1])}]`);
