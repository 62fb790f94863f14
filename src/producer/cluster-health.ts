import { readBreaker } from '../shared/cluster/breaker.ts';
import { clusterStore } from '../shared/redis/cluster-store.ts';
import { keys } from '../shared/redis/keys.ts';
import type { ProducerDeps } from './connect-producer.ts';
import { liveWorkers } from './live-workers.ts';

export type ClusterHealth = Awaited<ReturnType<typeof clusterHealth>>;

/** What this installation knows of a cluster now: never a guess, each with its age. */
export async function clusterHealth({ redis, store }: ProducerDeps, name: string) {
  const [noted, counts, breaker, workers, open, observed] = await Promise.all([
    clusterStore(redis, name).noted(),
    clusterStore(redis, name).counts(),
    readBreaker(redis, name),
    liveWorkers(redis, name),
    store.open(name),
    redis.exists(keys.observer(name)),
  ]);
  return {
    name,
    workers,
    /** Somebody watches it now; nobody does when nothing of ours runs there. */
    observed: observed === 1,
    /** The worker that watches it, or did last: `host:pid`. */
    ...(noted.observer === undefined ? {} : { observer: noted.observer }),
    /** What the installation knows the name as; absent: no worker has served it yet. */
    ...(noted.definition === undefined ? {} : { registered: noted.definition }),
    /** The login node that answered last. */
    ...(noted.host === undefined ? {} : { loginNode: noted.host }),
    ...(noted.SLURM_VERSION === undefined ? {} : { slurm: noted.SLURM_VERSION }),
    /** Sessions that are not over. */
    openSessions: open.length,
    ssh: breaker ? { ok: false as const, ...breaker } : { ok: true as const },
    /** squeue's last answer. Absent: nobody has asked yet. */
    ...health('controller', noted.controller, noted.controllerAt),
    /** sacct's last answer; `absent`: the site keeps none, which is well. */
    ...health('accounting', noted.accounting, noted.accountingAt),
    /** Since squeue last answered, in seconds. */
    ...(noted.lookedAt === undefined ? {} : { lastLookAgeS: ageS(noted.lookedAt) }),
    counts,
  };
}

const ageS = (at: string | undefined): number =>
  Math.max(0, Math.round((Date.now() - Number(at)) / 100) / 10);

interface Answered {
  ok: boolean;
  said: string;
  ageS: number;
}

function health<Name extends string>(name: Name, said: string | undefined, at: string | undefined) {
  if (said === undefined) return {} as { [key in Name]?: Answered };
  const answered: Answered = { ok: said === 'ok' || said === 'absent', said, ageS: ageS(at) };
  return { [name]: answered } as { [key in Name]?: Answered };
}
