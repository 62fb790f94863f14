import type { RuntimeName } from './runtimes.ts';
import type { ResourceOptions } from './sbatch-options.ts';

/** Where a value came from, for `sbench config` and for messages. */
export type Origin =
  | { from: 'file'; file: string; line: number; column: number }
  | { from: 'environment'; name: string }
  | { from: 'default' };

/** How a cluster runs containers. */
export interface ContainerSettings {
  runtime: RuntimeName;
  module?: string | undefined;
  /** Flags of the site for the runtime's `exec` or `run`. */
  args: readonly string[];
}

/** Where what is missing is made: on the login node, in a Slurm job, or by a person. */
interface StageSettings {
  where: 'login' | 'job' | 'never';
  /** Of that Slurm job, over the cluster's defaults. */
  resources: ResourceOptions;
}

/** One cluster as configured. What is absent is filled from `~/.ssh/config` when the connection is made. */
export interface ClusterSettings {
  name: string;
  hostname?: string | undefined;
  port?: number | undefined;
  username?: string | undefined;
  /** An absolute path on this host. */
  keyFilename?: string | undefined;
  /** Absolute paths on this host. */
  knownHosts?: string[] | undefined;
  proxyJump?: string | undefined;
  /** On the cluster: absolute, or relative to the home folder there. */
  workdir: string;
  /** As written; they may name each other. */
  variables: Readonly<Record<string, string>>;
  modules: readonly string[];
  defaults: ResourceOptions;
  presets: Readonly<Record<string, ResourceOptions>>;
  container: ContainerSettings;
  /** Of images and models, as written: it may name variables. */
  cache: string;
  stage: StageSettings;
}

/** A module with kinds of its own: a path, or a package's name. */
export interface PluginSetting {
  name: string;
  /** What a path is relative to. */
  folder: string;
  /** Where it stands in the configuration. */
  key: string;
}

export interface Settings {
  /** The configuration file that was read, if there is one. */
  file?: string | undefined;
  clusters: Readonly<Record<string, ClusterSettings>>;
  defaultCluster?: string | undefined;
  /** Its URL, configured or not. */
  redis: string;
  /** An absolute path on this host. */
  results?: string | undefined;
  /** A folder of secrets, one a file, that recipes may name: `docs/secrets.md`. An absolute path on this host. */
  secrets?: string | undefined;
  /** Sessions are removed so many seconds after their end; undefined: by `sbench cleanup` only. */
  retentionS?: number | undefined;
  /** Kinds from outside; only whoever plans loads them. */
  plugins?: readonly PluginSetting[] | undefined;
  /** By the key's path in the configuration: `clusters.meluxina.port`. */
  origins: Readonly<Record<string, Origin>>;
}

export function originWords(origin: Origin | undefined): string {
  if (!origin || origin.from === 'default') return 'a default';
  return origin.from === 'file' ? `${origin.file}:${origin.line}:${origin.column}` : `$${origin.name}`;
}
