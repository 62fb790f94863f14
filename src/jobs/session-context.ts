import type { ClusterSettings } from '../shared/settings/settings.ts';
import type { LocatedSource } from '../shared/yaml/located-source.ts';
import type { Problems } from '../shared/yaml/problems.ts';
import type { Blob } from './job.ts';
import type { FolderPacker } from './packed-folder.ts';
import type { Container } from './plan-container.ts';
import type { Value } from './shell-word.ts';

/** What all roles of a session share. */
export interface SessionContext {
  source: LocatedSource;
  problems: Problems;
  notes: Set<string>;
  cluster: ClusterSettings;
  /** Whose home folder it is, on the cluster. */
  username: string;
  variables: ReadonlyMap<string, Value>;
  /** The cluster's large folder. */
  cache: Value;
  version: string;
  preamble: string;
  hasClients: boolean;
  blobs: { loadgen: Blob };
  folders: FolderPacker;
  /** Of the services, by role: a client may run in its service's image. */
  containers: Map<string, Container | undefined>;
  /** By the service's role: the client in the second part of its Slurm job. */
  companions: ReadonlyMap<string, string>;
  limits: { queueS: number; startS: number; runS: number | undefined; maxIdleS: number; deadManS: number };
}
