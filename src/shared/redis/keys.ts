/** Every key of ours. BullMQ's own live under `QUEUE_PREFIX`. */
export const QUEUE_PREFIX = 'sbench:q';

export const keys = {
  installation: 'sbench:installation',
  sessions: 'sbench:sessions',
  /** The names of the clusters that this installation has ever served or been asked for. */
  clusters: 'sbench:clusters',
  /** A cluster's sessions that are not over. */
  open: (cluster: string) => `sbench:cluster:${cluster}:open`,
  /** A hash: how many of its sessions ended, by state. */
  ended: (cluster: string) => `sbench:cluster:${cluster}:ended`,
  session: (id: string) => `sbench:session:${id}`,
  timeline: (id: string) => `sbench:session:${id}:timeline`,
  counts: (id: string) => `sbench:session:${id}:counts`,
  groups: 'sbench:groups',
  /** What the sessions of a group have in common, and their ids by index. */
  group: (id: string) => `sbench:group:${id}`,
  groupSessions: (id: string) => `sbench:group:${id}:sessions`,
  idempotency: (key: string) => `sbench:key:${key}`,
  blob: (sha256: string) => `sbench:blob:${sha256}`,
  /** A hash: identity, the clock of observations, look number, epoch, Slurm's times, counters. */
  cluster: (name: string) => `sbench:cluster:${name}`,
  breaker: (name: string) => `sbench:cluster:${name}:breaker`,
  prober: (name: string) => `sbench:cluster:${name}:prober`,
  /** There while a part of its Slurm does not answer. */
  silence: (name: string, part: string) => `sbench:cluster:${name}:silent:${part}`,
  /** A sorted set: actions that sleep, by when they are due. */
  sleepers: (name: string) => `sbench:cluster:${name}:sleepers`,
  observer: (name: string) => `sbench:cluster:${name}:observer`,
  reconciler: (name: string) => `sbench:cluster:${name}:reconciler`,
  /** Held by whoever last removed what is past its time, until it is due again. */
  retained: (name: string) => `sbench:cluster:${name}:retained`,
  /** Workers that serve a cluster, by heartbeat. */
  workers: (name: string) => `sbench:cluster:${name}:workers`,
  /** Set when somebody wants a look soon. */
  lookSoon: (name: string) => `sbench:cluster:${name}:look-soon`,
} as const;
