import type { Blob } from '../jobs/job.ts';
import type { FolderPacker } from '../jobs/packed-folder.ts';
import type { JobFactory } from '../jobs/registry.ts';
import type { ForeignTarget } from '../shared/plan/foreign-target.ts';
import type { ClusterPlan } from '../shared/plan/plan.ts';
import type { ClusterSettings, Settings } from '../shared/settings/settings.ts';

/** All that a plan is made of. */
export interface PlanRequest {
  recipeText: string;
  /** How messages call the recipe. */
  file: string;
  /** Further files of the same recipe: a service in one, its client in another. */
  more?: readonly { text: string; file: string }[];
  settings: Settings;
  /** `--set` pairs, such as `service.model=llama3`; the last one wins. */
  overrides?: readonly string[];
  labels?: Readonly<Record<string, string>>;
  version: string;
  /** Of the recipe's folder. */
  git?: { commit: string; dirty: boolean } | undefined;
  blobs: { loadgen: Blob };
  /** Fills from `~/.ssh/config` what the configuration leaves open. */
  resolveTarget?: (cluster: ClusterSettings) => Pick<ClusterPlan, 'hostname' | 'port' | 'username'>;
  /** What clients without a service use. */
  target?: ForeignTarget | undefined;
  /** Clients without a service are as good as any: they are not going to run. */
  anyTarget?: boolean;
  factory?: JobFactory;
  /** Packs the folders of `script:`; without it there is no folder that they could be relative to. */
  folders?: FolderPacker;
  preamble?: string;
}
