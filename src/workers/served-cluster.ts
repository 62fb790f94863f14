import type { Redis } from 'ioredis';
import type { ClusterLink } from '../shared/cluster/cluster-link.ts';
import type { Queues } from '../shared/queues.ts';
import type { ClusterStore } from '../shared/redis/cluster-store.ts';
import type { SessionStore } from '../shared/redis/session-store.ts';

/** One cluster as this worker serves it: what its actions, its observer and its reconciler share. */
export interface ServedCluster {
  name: string;
  redis: Redis;
  link: ClusterLink;
  store: SessionStore;
  cluster: ClusterStore;
  queues: Queues;
  resultsFolder: string | undefined;
  secretsFolder: string | undefined;
  /** Sessions are removed so many seconds after their end. */
  retentionS: number | undefined;
}
