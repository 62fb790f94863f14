import { z } from 'zod';
import { NewerVersionError } from '../errors.ts';
import { groupPlace, type Plan } from '../plan/plan.ts';
import { roleProvenance } from '../result/provenance.ts';
import { clock, noFacts, roleFacts } from './facts.ts';

export const ENDED_STATES = ['succeeded', 'failed', 'cancelled', 'unknown'] as const;
export const sessionState = z.enum(['planned', 'queued', 'running', 'ending', ...ENDED_STATES]);

/** Why an attempt ends. The first cause wins. */
export const ending = z.object({
  why: z.enum([
    'complete',
    'service-ended',
    'cancelled',
    'action-failed',
    'service-failed',
    'service-lost',
    'max-idle',
    'vanished',
  ]),
  /** One sentence for people. */
  text: z.string(),
  clock,
});

const attemptBody = {
  ending: ending.optional(),
  /** An action of this attempt began: from then on something of it may be on the cluster. */
  begun: z.boolean(),
  /** When the release wrote `closed` on the cluster; only looks with a greater number count for it. */
  closed: z.object({ clock, look: z.number(), windowS: z.number() }).optional(),
  /** The last look that changed something: a repeated one changes nothing. */
  lastLook: z.number(),
  roles: z.record(z.string(), roleFacts),
  /** Images and models, by what they are called: for people. */
  staged: z.record(z.string(), z.object({ is: z.enum(['making', 'present']), text: z.string() })).optional(),
};

/** How an attempt had ended when somebody asked for another one; without it the next was made by itself. */
const attemptEnd = {
  state: sessionState.optional(),
  endedAt: z.number().optional(),
  cancelled: z.object({ text: z.string() }).optional(),
  results: z.record(z.string(), z.unknown()).optional(),
  provenance: z.record(z.string(), roleProvenance).optional(),
  resultsFolder: z.string().optional(),
};

/** The mutable half of a session; the frozen plan is the other. One compare-and-set a change. */
export const sessionRecord = z.object({
  v: z.literal(1),
  id: z.string(),
  name: z.string(),
  /** It only stages: nothing is measured. */
  kind: z.enum(['stage']).optional(),
  cluster: z.string(),
  key: z.string().optional(),
  recipeSha256: z.string(),
  labels: z.record(z.string(), z.string()),
  /** Of a recipe that made several sessions. */
  group: groupPlace.extend({ id: z.string() }).optional(),
  /** Milliseconds since 1970 on the producer's clock: for people, never for decisions. */
  createdAt: z.number(),
  endedAt: z.number().optional(),
  state: sessionState,
  attempt: z.number().int(),
  /** Somebody cancelled it: no new attempt, whatever else ended this one. */
  cancelled: z.object({ text: z.string() }).optional(),
  /** Clients of other sessions that use our services, and when they last said so. */
  users: z.record(z.string(), clock).optional(),
  /** Deliveries of an action that died, since the last progress. */
  deaths: z.number().int(),
  ...attemptBody,
  past: z.array(z.object({ attempt: z.number().int(), ...attemptBody, ...attemptEnd })),
  results: z.record(z.string(), z.unknown()),
  /** What each role ran on. */
  provenance: z.record(z.string(), roleProvenance).optional(),
  resultsFolder: z.string().optional(),
});

export type SessionState = z.infer<typeof sessionState>;
export type Ending = z.infer<typeof ending>;
export type SessionRecord = z.infer<typeof sessionRecord>;

export const isOver = (record: Pick<SessionRecord, 'state'>): boolean =>
  (ENDED_STATES as readonly string[]).includes(record.state);

/** The folder of an attempt's results, under the results folder of a host: an earlier attempt's copy is evidence. */
export const resultsName = ({ id, attempt }: Pick<SessionRecord, 'id' | 'attempt'>): string =>
  attempt === 1 ? id : `${id}.attempt-${attempt}`;

export function newRecord(
  id: string,
  plan: Plan,
  given: { key?: string; group?: string; recipeSha256: string; createdAt: number },
): SessionRecord {
  return {
    v: 1,
    id,
    name: plan.name,
    ...(plan.kind ? { kind: plan.kind } : {}),
    cluster: plan.cluster.name,
    ...(given.key === undefined ? {} : { key: given.key }),
    recipeSha256: given.recipeSha256,
    labels: plan.labels,
    ...(given.group !== undefined && plan.group ? { group: { id: given.group, ...plan.group } } : {}),
    createdAt: given.createdAt,
    state: 'planned',
    attempt: 1,
    deaths: 0,
    begun: false,
    lastLook: 0,
    roles: freshRoles(plan),
    past: [],
    results: {},
  };
}

export const freshRoles = (plan: Plan) =>
  Object.fromEntries(plan.roles.map((role) => [role.role, noFacts()]));

/** @throws NewerVersionError when a newer sbench wrote the record. */
export function parseRecord(text: string): SessionRecord {
  const value: unknown = JSON.parse(text);
  const version = (value as { v?: unknown }).v;
  if (version !== 1) throw new NewerVersionError('the session record', version);
  const parsed = sessionRecord.safeParse(value);
  if (!parsed.success) throw new NewerVersionError('the session record (by its content)', version);
  return parsed.data;
}
