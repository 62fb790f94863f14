import { SbenchError, UsageError } from '../shared/errors.ts';
import { artifactsOf } from '../shared/plan/plan.ts';
import { clusterStore } from '../shared/redis/cluster-store.ts';
import { keys } from '../shared/redis/keys.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import type { SessionRecord } from '../shared/session/record.ts';
import { type NoRetry, whyNoRetry } from '../shared/session/retry.ts';
import { addFlow } from './add-flow.ts';
import type { ProducerDeps } from './connect-producer.ts';
import { noSession } from './find-session.ts';

/**
 * A new attempt of a session that is over: the same frozen plan, with a flow and a remote folder of its own. What the
 * old attempt was, and its results, are kept under `past`.
 * @throws UsageError when it is not over, or succeeded and nobody insists, or its Slurm jobs may still be there.
 */
export async function retrySession(
  deps: ProducerDeps,
  id: string,
  { force = false }: { force?: boolean } = {},
): Promise<SessionRecord> {
  const session = await deps.store.read(id);
  if (!session) throw noSession(id);
  const { record } = session;
  const why = whyNoRetry(record, force);
  if (why) throw refusal(record, why);
  await mustHaveBlobs(deps, session);
  const stamp = await clusterStore(deps.redis, record.cluster).stamp();
  // Of two people who ask at once one gets the attempt, and the other sees it.
  const event = { type: 'retried', attempt: record.attempt, force, ...stamp } as const;
  const applied = await deps.store.apply(id, event);
  if (!applied) throw noSession(id);
  if (applied.record.attempt === record.attempt) throw refusal(applied.record, 'not-over');
  if (applied.record.state === 'planned') await addFlow(deps, applied);
  return applied.record;
}

function refusal({ id, state, roles }: SessionRecord, why: NoRetry): UsageError {
  switch (why) {
    case 'not-over':
      return new UsageError(
        `session ${id} is ${state}: only what is over can be tried again`,
        `sbench watch ${id} tells when it is; sbench cancel ${id} ends it.`,
      );
    case 'succeeded':
      return new UsageError(
        `session ${id} succeeded: there is nothing to try again`,
        'With --force it runs once more; what it measured is kept.',
      );
    case 'not-released': {
      const left = Object.entries(roles).flatMap(([role, { released, submit }]) =>
        released === 'yes' ? [] : [`${role}${submit.is === 'accepted' ? ` (Slurm job ${submit.id})` : ''}`],
      );
      return new UsageError(
        `Slurm jobs of session ${id} may still hold their nodes: ${left.join(', ')}`,
        'See squeue on the cluster; when they are gone, or do not matter: --force.',
      );
    }
    default:
      return why satisfies never;
  }
}

/** What the plan needs of Redis must be there before anything is promised. */
async function mustHaveBlobs({ redis }: ProducerDeps, { record, plan }: StoredSession): Promise<void> {
  for (const artifact of artifactsOf(plan)) {
    if (artifact.kind !== 'blob' || (await redis.exists(keys.blob(artifact.sha256))) === 1) continue;
    throw new SbenchError(`${artifact.as} of session ${record.id} is not in Redis any more`, {
      code: 'BLOB_GONE',
      remedy: 'final',
      hint: 'Submit the recipe again: sbench results shows where its copy is.',
    });
  }
}
