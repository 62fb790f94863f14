import type { Logger } from 'pino';
import { silence } from '../shared/cluster/silence.ts';
import { ConnectionError } from '../shared/errors.ts';
import type { Lease } from '../shared/redis/lease.ts';
import { look } from '../shared/slurm/remote/ask-queue.ts';
import { applyLook } from './apply-look.ts';
import type { OpenStream } from './open-stream.ts';
import { pause } from './pause.ts';
import type { ServedCluster } from './served-cluster.ts';
import { cancelStrays } from './strays.ts';

/** One look at the queue, believed only after the spool was emptied behind it; undefined: nothing was learned. */
export async function lookOnce(
  served: ServedCluster,
  lease: Lease,
  stream: Pick<OpenStream, 'swept' | 'ended'>,
  longestStepS: number,
  log: Logger,
): Promise<{ releasing: boolean } | undefined> {
  const number = await served.cluster.nextLook();
  await served.cluster.count('looks');
  const seen = await look(served.link).catch(async (error: unknown) => {
    if (!(error instanceof ConnectionError)) throw error;
    // Where the connection lives on, it is this answer that did not come; a cut one takes the stream with it.
    await pause(200);
    if (stream.ended()) throw error;
    return { failed: error.message };
  });
  const quiet = silence(served.redis, served.name, 'controller');
  if ('failed' in seen) {
    const pauseS = Math.round((await quiet.began()) / 1_000);
    log.warn({ cluster: served.name, why: seen.failed, pauseS }, 'squeue did not answer');
    await served.cluster.note({ controller: seen.failed, controllerAt: Date.now() });
    return undefined;
  }
  await served.cluster.note({ controller: 'ok', controllerAt: Date.now() });
  // Submissions and releases that wait for it go on.
  if (await quiet.ended()) await served.queues.wakeCluster(served.name);
  if (!(await stream.swept(number))) return undefined;
  await served.cluster.note({ lookedAt: Date.now(), lastLook: seen.now });
  const applied = await applyLook(served, lease, seen, number, longestStepS);
  await cancelStrays(served, seen, log);
  return applied;
}
