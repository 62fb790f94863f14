import type { Past } from '../shared/cleanup/find-past.ts';
import type { Removed } from '../shared/cleanup/remove-past.ts';
import type { ClusterLink } from '../shared/cluster/cluster-link.ts';
import { coerceError } from '../shared/errors.ts';
import type { IdleBlob } from '../shared/redis/idle-blobs.ts';
import type { OldResult } from './old-results.ts';

/** What a cluster has that is past its time, or why nobody could say; and what became of it. */
export interface OnCluster {
  name: string;
  link?: ClusterLink;
  past?: Past;
  removed?: Removed;
  failed?: unknown;
}

export interface Everything {
  olderThanS: number;
  clusters: OnCluster[];
  blobs: IdleBlob[];
  results: OldResult[];
}

/** What was found, as data. */
export const foundOf = ({ olderThanS, clusters, blobs, results }: Everything) => ({
  olderThanS,
  clusters: clusters.map(({ name, past, failed, removed }) => ({
    name,
    ...(failed === undefined ? {} : { error: coerceError(failed).message }),
    ...(past
      ? {
          sessions: past.sessions.map(({ id, session, folder }) => ({
            id,
            state: session?.record.state ?? null,
            ...(session?.record.endedAt === undefined
              ? {}
              : { endedAt: new Date(session.record.endedAt).toISOString() }),
            kilobytes: folder?.kilobytes ?? 0,
          })),
          more: past.more,
          kept: past.kept,
          programs: past.programs,
          leftovers: past.leftovers,
          otherInstallations: past.others.map(({ id, ageS, kilobytes }) => ({
            id,
            ageS: ageS ?? null,
            kilobytes,
          })),
        }
      : {}),
    ...(removed ? { removedSessions: removed.sessions } : {}),
  })),
  blobs: { count: blobs.length, bytes: blobs.reduce((sum, { bytes }) => sum + bytes, 0) },
  results: results.map(({ folder }) => folder),
});
