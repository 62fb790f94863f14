import type { Redis } from 'ioredis';
import { clusterStore } from '../redis/cluster-store.ts';
import type { ClusterSettings } from '../settings/settings.ts';
import { connect } from '../ssh/connect.ts';
import { type ClusterLink, clusterLink } from './cluster-link.ts';
import { sshTargetOf } from './ssh-target-of.ts';

/** A link to a configured cluster; connects when it is first used. */
export function openLink(given: {
  settings: ClusterSettings;
  redis: Redis;
  installation: string;
  onReachable?: () => Promise<void>;
  besideBreaker?: boolean;
}): ClusterLink {
  const { settings, redis, installation } = given;
  return clusterLink({
    cluster: settings.name,
    workdir: settings.workdir,
    installation,
    redis,
    store: clusterStore(redis, settings.name),
    // Read at each connect: a person may have mended a key or an alias since.
    connect: () => connect(sshTargetOf(settings), { cluster: settings.name }),
    onReachable: given.onReachable ?? (async () => {}),
    besideBreaker: given.besideBreaker,
  });
}
