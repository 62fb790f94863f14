import type { ProducerDeps } from '../producer/connect-producer.ts';
import { openLink } from '../shared/cluster/open-link.ts';
import { UsageError } from '../shared/errors.ts';
import { installationId } from '../shared/redis/cluster-store.ts';
import type { SessionRecord } from '../shared/session/record.ts';
import type { Settings } from '../shared/settings/settings.ts';
import type { Place } from '../shared/slurm/remote/place.ts';

/** Opens this person's own way to where a session runs, for one question. It is not counted as the session's. */
export async function withPlace<T>(
  settings: Settings,
  { redis }: ProducerDeps,
  { id, cluster, attempt }: SessionRecord,
  ask: (place: Place) => Promise<T>,
): Promise<T> {
  const configured = settings.clusters[cluster];
  if (!configured) {
    throw new UsageError(`session ${id} ran on cluster ${cluster}, which is not configured here`);
  }
  const installation = await installationId(redis);
  const link = openLink({ settings: configured, redis, installation, besideBreaker: true });
  try {
    return await ask({ link, session: id, attempt, counted: async () => {} });
  } finally {
    await link.close();
  }
}
