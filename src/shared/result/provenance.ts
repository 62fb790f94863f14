import * as z from 'zod';

/**
 * Where the numbers of a role come from. `nodeFacts` is what its batch script wrote on the node
 * (`results/<role>/system/provenance.json`); `roleProvenance` is that and what the cluster told afterwards, as the session's
 * record keeps it; `sessionProvenance` is `provenance.json` of a folder of results. What nobody could tell is left out.
 */

const text = z.string();
const whole = z.number().nonnegative();

const gpuFacts = z.object({
  index: whole,
  model: text.optional(),
  uuid: text.optional(),
  driver: text.optional(),
  memoryMiB: whole.optional(),
  powerLimitW: whole.optional(),
  maxSmMHz: whole.optional(),
  maxMemoryMHz: whole.optional(),
  /** Without it the driver is loaded anew for each program, and clocks start low. */
  persistence: text.optional(),
});

export const nodeFacts = z.object({
  v: z.literal(1),
  host: text,
  /** Seconds since 1970, on the node's clock. */
  at: whole.optional(),
  os: text.optional(),
  kernel: text.optional(),
  architecture: text.optional(),
  cpu: z.object({
    /** Hardware threads that the kernel shows. */
    threads: whole,
    sockets: whole.optional(),
    model: text.optional(),
    /** Those that the Slurm job may use: `0-3,8`. */
    allowed: text.optional(),
    /** Of the first one; `powersave` is a warning. */
    governor: text.optional(),
  }),
  memory: z.object({
    totalKiB: whole,
    /** Of the Slurm job, where Slurm holds it in a cgroup. */
    jobLimitBytes: whole.optional(),
  }),
  /** The limit of open files, each connection being one; left out when there is none. */
  openFiles: whole.optional(),
  /** As `module list` has them, with colons between. */
  modules: text.optional(),
  /** What Slurm told the Slurm job. Nothing that a recipe sets. */
  environment: z.record(text, text),
  container: z
    .object({
      runtime: text,
      version: text.optional(),
      image: text.optional(),
      imageBytes: whole.optional(),
      /** Seconds since 1970. */
      imageModified: whole.optional(),
      imageSha256: text.optional(),
      /** Of a SIF file: the UUID that it got when it was built. */
      imageId: text.optional(),
    })
    .optional(),
  gpus: z.array(gpuFacts),
});
export type NodeFacts = z.infer<typeof nodeFacts>;

/** Accounting's record of a Slurm job. Times are seconds since 1970 on the cluster's clock. */
export const slurmRecord = z.object({
  id: whole,
  state: text,
  exitCode: text.optional(),
  partition: text.optional(),
  account: text.optional(),
  qos: text.optional(),
  /** What was allocated: `billing=4,cpu=4,gres/gpu=1,mem=16G,node=1`. */
  tres: text.optional(),
  nodes: text.optional(),
  submitted: whole.optional(),
  eligible: whole.optional(),
  started: whole.optional(),
  ended: whole.optional(),
  elapsedS: whole.optional(),
  /** Of its nodes, when the cluster measures it. */
  energyJ: whole.optional(),
  /** The largest of its steps' processes. */
  maxRssBytes: whole.optional(),
});
export type SlurmRecord = z.infer<typeof slurmRecord>;

export const roleProvenance = z.object({
  /** One for each node that runs the role's program. */
  nodes: z.array(nodeFacts),
  slurm: slurmRecord.optional(),
  /** A service's own words, by what it was asked: version, settings, models. */
  server: z.record(text, z.unknown()).optional(),
});
export type RoleProvenance = z.infer<typeof roleProvenance>;

export const sessionProvenance = z.object({
  v: z.literal(1),
  session: text,
  attempt: whole,
  sbench: text,
  recipe: z.object({
    file: text,
    /** Of the recipe's text, what `--set` changed, and the programs that travel with it. */
    sha256: text,
    set: z.array(text).optional(),
    git: z.object({ commit: text, dirty: z.boolean() }).optional(),
  }),
  cluster: z.object({ name: text, hostname: text, username: text }),
  roles: z.record(
    text,
    roleProvenance.extend({
      side: text,
      kind: text,
      name: text,
      scriptSha256: text,
      /** sbatch's options. */
      options: z.array(text),
      /** What was staged: programs by their SHA-256, images and models by the key of how they are made. */
      artifacts: z.array(z.object({ what: text, sha256: text.optional(), key: text.optional() })),
    }),
  ),
});
export type SessionProvenance = z.infer<typeof sessionProvenance>;
