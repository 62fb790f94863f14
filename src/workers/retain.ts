import type { Logger } from 'pino';
import { endedBefore, findPast } from '../shared/cleanup/find-past.ts';
import { removePast } from '../shared/cleanup/remove-past.ts';
import { coerceError } from '../shared/errors.ts';
import { findIdleBlobs, forgetBlobs } from '../shared/redis/idle-blobs.ts';
import { keys } from '../shared/redis/keys.ts';
import { pause } from './pause.ts';
import type { ServedCluster } from './served-cluster.ts';

/** Often enough for days; one worker of all that serve the cluster. */
const EVERY_MS = 3_600_000;
const LOOK_MS = 60_000;

/**
 * Removes sessions that ended longer ago than the configuration keeps them. What no record tells of is left to a person
 * (`sbench cleanup`). Returns when `signal` aborts.
 */
export async function retain(served: ServedCluster, log: Logger, signal: AbortSignal): Promise<void> {
  if (served.retentionS === undefined) return;
  while (!signal.aborted) {
    try {
      if ((await served.redis.set(keys.retained(served.name), '1', 'PX', EVERY_MS, 'NX')) === 'OK')
        await removeOnce(served, served.retentionS, log);
    } catch (error) {
      log.warn({ cluster: served.name, err: coerceError(error).message }, 'nothing was removed');
    }
    await pause(LOOK_MS, signal);
  }
}

async function removeOnce(served: ServedCluster, retentionS: number, log: Logger): Promise<void> {
  // Nobody logs in to find that there is nothing to do.
  if ((await endedBefore(served, retentionS)).sessions.length === 0) return;
  const past = await findPast(served, retentionS);
  const recorded = past.sessions.filter(({ session }) => session !== undefined);
  const removed = await removePast(served, { ...past, sessions: recorded });
  const blobs = await findIdleBlobs(served.redis, served.store, retentionS);
  await forgetBlobs(served.redis, blobs, retentionS);
  log.info({ cluster: served.name, ...removed }, 'removed what is past its time');
}
