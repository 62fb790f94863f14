import { readBreaker } from '../shared/cluster/breaker.ts';
import type { Plan } from '../shared/plan/plan.ts';
import { clusterStore } from '../shared/redis/cluster-store.ts';
import { phaseOf, type RoleFacts } from '../shared/session/facts.ts';
import type { SessionRecord } from '../shared/session/record.ts';
import { verdictText } from '../shared/session/timeline.ts';
import type { ProducerDeps } from './connect-producer.ts';
import { noSession } from './find-session.ts';
import { liveWorkers } from './live-workers.ts';
import { pendingView, readSeen } from './pending-view.ts';

/** A session for people and programs: what `status --json` prints. New fields may come; none changes its meaning. */
export type SessionView = Awaited<ReturnType<typeof sessionView>>;

export async function sessionView({ redis, store }: ProducerDeps, id: string) {
  const session = await store.read(id);
  if (!session) throw noSession(id);
  const { record, plan } = session;
  const shared = clusterStore(redis, record.cluster);
  const [own, cluster, seen, workers, breaker] = await Promise.all([
    store.counts(id),
    shared.counts(),
    readSeen(shared),
    liveWorkers(redis, record.cluster),
    readBreaker(redis, record.cluster),
  ]);
  return {
    v: 1 as const,
    id: record.id,
    name: record.name,
    /** `stage`: it only stages; else it runs Slurm jobs, and has results. */
    ...(record.kind ? { kind: record.kind } : {}),
    state: record.state,
    attempt: record.attempt,
    ...(record.ending ? { ending: { why: record.ending.why, text: record.ending.text } } : {}),
    /** Earlier attempts, the first one first. */
    ...(record.past.length > 0 ? { past: record.past.map(pastView) } : {}),
    labels: record.labels,
    ...(record.group ? { group: record.group } : {}),
    createdAt: new Date(record.createdAt).toISOString(),
    ...(record.endedAt === undefined ? {} : { endedAt: new Date(record.endedAt).toISOString() }),
    roles: Object.fromEntries(
      plan.roles.map((role) => [
        role.role,
        { ...roleView(record, role), ...pendingView(record, role, seen) },
      ]),
    ),
    cluster: {
      name: record.cluster,
      workers,
      /** Present while the cluster cannot be reached. */
      ...(breaker ? { unreachable: breaker } : {}),
      /** When the queue was last seen, on this host's clock. */
      ...(seen.lookedAt === undefined ? {} : { seenAt: new Date(seen.lookedAt).toISOString() }),
      /** Present while the controller does not answer. */
      ...(seen.silent === undefined ? {} : { controllerSilent: seen.silent }),
    },
    /** What it cost: the session's own commands and transfers, and all of the cluster's since it is known. */
    counts: { session: own, cluster },
    /** Images and models, and whether they are there. */
    ...(record.staged
      ? { staged: Object.entries(record.staged).map(([what, { is, text }]) => ({ what, is, text })) }
      : {}),
    results: record.results,
    ...(record.resultsFolder === undefined ? {} : { resultsFolder: record.resultsFolder }),
  };
}

const pastView = ({ attempt, state, ending, resultsFolder }: SessionRecord['past'][number]) => ({
  attempt,
  ...(state === undefined ? {} : { state }),
  ...(ending ? { ending: { why: ending.why, text: ending.text } } : {}),
  ...(resultsFolder === undefined ? {} : { resultsFolder }),
});

function roleView(record: SessionRecord, { role, side, kind, name }: Plan['roles'][number]) {
  const facts: RoleFacts | undefined = record.roles[role];
  const phase = facts ? phaseOf(facts, side) : ('none' as const);
  return {
    side,
    kind,
    name,
    phase,
    ...(facts?.submit.is === 'accepted' ? { slurmJob: facts.submit.id } : {}),
    ...present('node', facts?.started?.event.host || facts?.slurm?.nodes),
    ...present('endpoint', facts && phase === 'ready' ? endpointText(facts) : undefined),
    ...present('slurmState', facts?.slurm?.word),
    // Only while it waits: afterwards Slurm says None.
    ...present('reason', facts?.slurm?.life === 'waiting' ? facts.slurm.reason : undefined),
    ...(facts?.verdict ? { verdict: facts.verdict.is, verdictText: verdictText(facts.verdict) } : {}),
    /** The last lines that it wrote before it failed. */
    ...present('lastLog', facts?.verdict?.is === 'failed' ? facts.verdict.log?.trimEnd() : undefined),
    released: facts?.released ?? 'no',
  };
}

/** Where a service answers, on the cluster's own network. */
function endpointText({ started, ready }: RoleFacts): string | undefined {
  return started && ready?.event.port ? `${started.event.host}:${ready.event.port}` : undefined;
}

const present = <Name extends string>(name: Name, value: string | undefined) =>
  (value ? { [name]: value } : {}) as { [key in Name]?: string };
