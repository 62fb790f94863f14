import { z } from 'zod';
import type { ForeignTarget } from '../shared/plan/foreign-target.ts';
import { checkLocated } from '../shared/yaml/check-located.ts';
import type { LocatedSource, Path } from '../shared/yaml/located-source.ts';
import type { Problems } from '../shared/yaml/problems.ts';
import type { Client, ClientKind } from './client.ts';
import { type Found, findAll, place, text } from './find-jobs.ts';
import { ForeignService } from './foreign-service.ts';
import { clientKindOf, serviceKindOf } from './kind-of-job.ts';
import { readOlderParameters } from './older-parameters.ts';
import { clientFrame, recipeFrame, serviceFrame } from './recipe-schema.ts';
import { refuseOlderKeys } from './refuse-older-keys.ts';
import type { JobFactory } from './registry.ts';
import { type OlderJob, readOlderKeys } from './seed-shape.ts';
import type { Service, ServiceKind } from './service.ts';
import { sameNames, targetOf } from './target-of-client.ts';

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

const WHAT = 'recipe';
const EMPTY =
  'the recipe is empty: it needs a service, a client or both (sbench services lists kinds, recipes/ has whole ones)';

/** The recipe checked in two steps: the frame, then every service and client against its own kind's schema. */
export function readRecipe(
  source: LocatedSource,
  factory: JobFactory,
  problems: Problems,
  foreign?: ForeignTarget,
) {
  if (source.value === null) problems.at(source, [], EMPTY);
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
  const older = (found: Found): OlderJob => ({ ...found, source, problems, notes });
  for (const found of [...services, ...clients]) readOlderKeys(older(found));
  const kinds = services.map((found) => serviceKindOf(found, factory, source, problems, notes));
  const made = services.map((found, index): ServiceEntry | undefined => {
    const kind = kinds[index];
    refuseOlderKeys(
      older(found),
      Object.keys((factory.serviceKind(kind ?? '')?.schema ?? serviceFrame).shape),
    );
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
    const Kind = factory.clientKind(kind ?? '');
    const { shape } = Kind?.schema ?? clientFrame;
    refuseOlderKeys(older(found), Object.keys(shape));
    readOlderParameters(older(found), shape, Kind?.older);
    const recipe = check(source, problems, found, Kind, clientFrame);
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
