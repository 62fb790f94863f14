import { UsageError } from '../shared/errors.ts';
import type { Group } from '../shared/redis/group-store.ts';
import type { ProducerDeps } from './connect-producer.ts';
import { retrySession } from './retry-session.ts';

interface Retried {
  retried: { id: string; attempt: number }[];
  /** Those that run, wait or succeeded. */
  left: { id: string; why: string }[];
}

/**
 * A new attempt of each session of a group that can have one.
 * @throws UsageError when none can.
 */
export async function retryGroup(
  deps: ProducerDeps,
  group: Group,
  options: { force?: boolean },
): Promise<Retried> {
  const retried: Retried['retried'] = [];
  const left: Retried['left'] = [];
  for (const id of group.sessions) {
    try {
      const { attempt } = await retrySession(deps, id, options);
      retried.push({ id, attempt });
    } catch (error) {
      // One that cannot be tried again says why, and the next one can.
      if (!(error instanceof UsageError)) throw error;
      left.push({ id, why: error.message });
    }
  }
  if (retried.length > 0) return { retried, left };
  throw new UsageError(
    `no session of group ${group.id} can be tried again: ${left.map(({ why }) => why).join('; ') || 'it has none'}`,
    `sbench status ${group.id} tells what they are at; --force also tries again what succeeded.`,
  );
}
