import { z } from 'zod';
import { duration } from '../yaml/duration.ts';
import { runtimeName } from './runtimes.ts';
import { resourceOptions } from './sbatch-options.ts';

const text = z.string().min(1);

/** Sent as `sh <workdir>/…` to a shell of any kind, so nothing in it may mean anything to one. */
const workdir = z
  .string()
  .regex(/^(\$HOME\/|\$\{HOME\}\/|~\/|\/)[A-Za-z0-9_./-]+$/, {
    error: 'must be a folder that starts with / or $HOME/ and has only letters, digits and _ . / -',
    abort: true,
  })
  .refine((folder) => !folder.split('/').some((part) => part === '..' || part.startsWith('-')), {
    error: "must not contain '..' or a name that starts with '-'",
    abort: true,
  })
  .refine((folder) => /[A-Za-z0-9_]/.test(folder.replace(/^\$\{?HOME\}?/, '')), 'must name a folder');

/** Images and models; it may name the cluster's variables, which are known when a recipe is planned. */
const cacheFolder = z
  .string()
  .regex(/^(\/|~\/|\$)[^\p{Cc}\p{Surrogate}]*$/u, 'must be a folder that starts with / or $NAME')
  .refine((folder) => !folder.split('/').includes('..'), "must not contain '..'");

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a variable name')
  .refine(
    (name) => !/^(HOME|USER|SBENCH_.*|TARGET_SERVICE_.*)$/.test(name),
    'is not yours to declare: it is known only on the cluster',
  );

const cluster = z.strictObject({
  hostname: text.optional(),
  port: z.number().int().min(1).max(65_535).optional(),
  username: text.optional(),
  key_filename: text.optional(),
  known_hosts: z.union([text, z.array(text)]).optional(),
  proxy_jump: text.optional(),
  workdir: workdir.optional(),
  variables: z.record(variableName, z.string()).optional(),
  modules: z.array(text).optional(),
  defaults: resourceOptions({}).optional(),
  presets: z.record(text, resourceOptions({})).optional(),
  container: z
    .strictObject({
      runtime: runtimeName.optional(),
      /** Loaded before the runtime is called, in Slurm jobs and where images are made. */
      module: text.optional(),
      /** Flags of the site, put right behind the runtime's `exec` or `run`. */
      args: z.array(text).optional(),
    })
    .optional(),
  cache: cacheFolder.optional(),
  stage: z
    .strictObject({
      where: z.enum(['login', 'job', 'never']).optional(),
      resources: resourceOptions({}).optional(),
    })
    .optional(),
});

const clusterName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'is not a cluster name: letters, digits, _ and - only');

/** Seconds. */
export const SHORTEST_RETENTION_S = 3_600;

/** What `sbench.config.yaml` may hold. `name: {}` and `name:` alone are the ssh alias of that name. */
export const configuration = z.strictObject({
  version: z.literal(1).optional(),
  clusters: z.record(clusterName, cluster.nullable()).nullable().optional(),
  default_cluster: text.optional(),
  redis: z
    .string()
    .regex(/^(rediss?:\/\/.+|unix:\/\/.+)$/, 'must be redis://host:port, rediss://host:port or unix:///path')
    .optional(),
  results: text.optional(),
  plugins: z.array(text).max(100).optional(),
  secrets: text.optional(),
  /** How long sessions are kept after their end; without it nothing is removed by itself. */
  retention: duration
    .refine(
      (seconds) => seconds >= SHORTEST_RETENTION_S,
      'is at least 1h: what has just ended is still looked at',
    )
    .optional(),
});

export type ClusterConfiguration = z.infer<typeof cluster>;
