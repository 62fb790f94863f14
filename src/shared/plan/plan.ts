import { z } from 'zod';
import { NewerVersionError } from '../errors.ts';
import { toolParametersSchema } from '../result/tool-result.ts';

/** `s1`, `c2`, and `p1`, which stages: generated, so that no user's text becomes a file or a Slurm job's name. */
export const roleName = z.string().regex(/^(?:[sc][1-9][0-9]?|p1)$/);

/** The cluster's settings as they were at submission, resolved, and without secrets. */
export const clusterPlan = z.strictObject({
  name: z.string(),
  hostname: z.string(),
  port: z.number().int(),
  username: z.string(),
  /** Relative to the login node's home folder, or absolute. Shell-safe characters only. */
  workdir: z.string().regex(/^[A-Za-z0-9_./-]+$/),
  /** Where images and models are made when they are missing. */
  stage: z.enum(['login', 'job', 'never']).default('login'),
});

/** Something that must lie on the cluster before any Slurm job starts, named by its content. */
export const artifact = z.discriminatedUnion('kind', [
  /** The orchestrator's own Node.js binary, copied once. */
  z.strictObject({ kind: z.literal('node'), as: z.literal('node') }),
  /** A blob in Redis, put there by the producer. */
  z.strictObject({
    kind: z.literal('blob'),
    as: z.string().regex(/^[A-Za-z0-9_.-]+$/),
    sha256: z.string(),
    bytes: z.number(),
    /** Of a person's folder: its files. */
    contents: z.array(z.string()).optional(),
  }),
  /**
   * What the cluster itself checks, and makes when it is missing: an image, a model. `script` is the whole bash text,
   * called as `bash script check | poll | verify | whole`; `key` names the making, once however many sessions ask.
   */
  z.strictObject({
    kind: z.literal('made'),
    what: z.string(),
    key: z.string().regex(/^[0-9a-f]{64}$/),
    script: z.string(),
    /** It can be made; else it is only looked for. */
    makes: z.boolean(),
    /** Its check needs the job's container. */
    inContainer: z.boolean(),
    /** What is said when it is missing. */
    missing: z.string().optional(),
    hint: z.string(),
  }),
]);

/** Where a secret lies. The plan knows names and places, never values. */
export const secretPlace = z.discriminatedUnion('is', [
  /** A file on the cluster: absolute, or `$HOME/…`. */
  z.strictObject({ is: z.literal('cluster'), path: z.string() }),
  /** A secret that workers have, by its name. */
  z.strictObject({ is: z.literal('worker'), secret: z.string() }),
]);

/** How a client's results are read: by the load generator's own file, or from what somebody else's tool printed. */
export const resultParser = z.enum(['none', 'loadgen', 'redis-benchmark', 'pgbench', 'wrk', 'json-lines']);

/** A file in the results folder that holds what one run of a tool printed. */
export const toolOutput = z.strictObject({
  file: z.string().regex(/^[A-Za-z0-9_=,-][A-Za-z0-9_.=,-]*$/),
  /** A point is measured; a version only says which tool it was. */
  is: z.enum(['point', 'version']),
  /** Of the point: `clients=4`; empty when it is the only one. */
  name: z.string(),
  parameters: toolParametersSchema,
  /** Which round, when every point is measured several times. */
  repeat: z.number().int().positive().optional(),
});

/** One argument; the remote tool reads them from lines. */
const sbatchOption = z.string().regex(/^[^\r\n\0]*$/);

/** One Slurm job, ready to be handed to sbatch: what `--dry-run` shows is what runs. */
export const rolePlan = z.strictObject({
  role: roleName,
  /** `stage`: makes what is missing, before any service; submitted only when something is. */
  side: z.enum(['service', 'client', 'stage']),
  kind: z.string(),
  name: z.string(),
  /** The whole batch script. */
  script: z.string(),
  /** sbatch's options, one argument each, without those that the remote tool adds itself. */
  options: z.array(sbatchOption),
  /** The services a client talks to; the first one is its target. */
  needs: z.array(roleName),
  /** The URL scheme and path under which a client reaches this service. */
  endpoint: z.strictObject({ scheme: z.string(), path: z.string() }).optional(),
  /** Slurm's time limit, in seconds, when the recipe or the cluster gives one. */
  timeLimitS: z.number().int().positive().optional(),
  /** Longest wait in Slurm's queue, in seconds of observed time. */
  queueLimitS: z.number().int().positive(),
  /** Longest time from start to ready (service) or to the first sign of life (client), in seconds. */
  startLimitS: z.number().int().positive(),
  /** Longest run after that, in seconds; none: Slurm's own limit decides. */
  runLimitS: z.number().int().positive().optional(),
  artifacts: z.array(artifact),
  resultParser,
  /** Of a client: apart from its service where Slurm can do it, beside it, or in one heterogeneous job with it. */
  placement: z.enum(['job', 'service', 'together']).optional(),
  /** Of a service: the client in the second part of its heterogeneous Slurm job, and sbatch's options for that part. */
  companion: z.strictObject({ role: roleName, options: z.array(sbatchOption) }).optional(),
  /** Of a client: so many nodes, with one generator each. */
  nodes: z.number().int().min(2).optional(),
  /** Of a client that uses what this session does not start. */
  target: z
    .discriminatedUnion('is', [
      z.strictObject({ is: z.literal('session'), session: z.string(), role: roleName }),
      z.strictObject({ is: z.literal('endpoint'), url: z.string() }),
    ])
    .optional(),
  /** Of a model server: what a client of another session asks for. */
  model: z.string().optional(),
  /** Environment variables whose values are secrets. */
  secrets: z.array(z.strictObject({ name: z.string(), from: secretPlace })).optional(),
  /** What a tool's parser reads, in the order made. */
  outputs: z.array(toolOutput).optional(),
});

/** Names the actions; each is a queue of every cluster. */
export const actionName = z.enum([
  'stage',
  'submit-service',
  'await-ready',
  'submit-client',
  'poll-status',
  'cancel',
  'collect',
]);

export const actionNode = z.strictObject({
  action: actionName,
  role: roleName.optional(),
  get children() {
    return z.array(actionNode);
  },
});

/** Which of a group's sessions this is. */
export const groupPlace = z.strictObject({
  /** From 1. */
  index: z.number().int().positive(),
  of: z.number().int().positive(),
  /** The combination of the recipe's matrix. */
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** From 1, when every combination runs several times. */
  repeat: z.number().int().positive().optional(),
});

export const plan = z.strictObject({
  v: z.literal(1),
  sbench: z.string(),
  name: z.string(),
  /** `stage`: only brings to the cluster, and has made there, what the recipe's Slurm jobs need. Else it runs them. */
  kind: z.enum(['stage']).optional(),
  cluster: clusterPlan,
  recipe: z.strictObject({
    file: z.string(),
    text: z.string(),
    /** What `--set` changed. */
    set: z.array(z.string()).optional(),
    /** Of the folder it lies in, when that is a git work tree. */
    git: z.strictObject({ commit: z.string(), dirty: z.boolean() }).optional(),
    /** Of the text and of what was set. */
    sha256: z.string(),
  }),
  labels: z.record(z.string(), z.string()),
  /** Of a recipe that makes several sessions. */
  group: groupPlace.optional(),
  roles: z.array(rolePlan),
  /** What is staged for no role of this plan. */
  artifacts: z.array(artifact).optional(),
  /** The root is `collect`; children run first. */
  actions: actionNode,
  /** A ready service without a running client is freed after this many seconds of observed time. */
  maxIdleS: z.number().int().positive(),
  /** A service ends itself when nobody looked after it for this many seconds. */
  deadManS: z.number().int().positive(),
  notes: z.array(z.string()),
});

export type ClusterPlan = z.infer<typeof clusterPlan>;
export type SecretPlace = z.infer<typeof secretPlace>;
export type Artifact = z.infer<typeof artifact>;
export type MadeArtifact = Extract<Artifact, { kind: 'made' }>;
export type RolePlan = z.infer<typeof rolePlan>;
export type ToolOutput = z.infer<typeof toolOutput>;
export type Side = RolePlan['side'];
export type ActionName = z.infer<typeof actionName>;
export type ActionNode = z.infer<typeof actionNode>;
export type GroupPlace = z.infer<typeof groupPlace>;
export type Plan = z.infer<typeof plan>;

/** @throws NewerVersionError for a plan that this program does not understand whole: it must not be half done. */
export function parsePlan(text: string): Plan {
  const value: unknown = JSON.parse(text);
  const parsed = plan.safeParse(value);
  if (!parsed.success) throw new NewerVersionError('the plan', (value as { v?: unknown } | null)?.v);
  return parsed.data;
}

export function planRole(of: Plan, role: string): RolePlan {
  const found = of.roles.find((candidate) => candidate.role === role);
  if (!found) throw new Error(`the plan has no role ${role}`);
  return found;
}

/** What all Slurm jobs of a plan need, and what it stages for others. */
export const artifactsOf = (of: Plan): Artifact[] => [
  ...(of.artifacts ?? []),
  ...of.roles.flatMap((role) => role.artifacts),
];

export const clientRoles = (of: Plan): RolePlan[] => of.roles.filter((role) => role.side === 'client');
export const stageRole = (of: Plan): RolePlan | undefined => of.roles.find((role) => role.side === 'stage');
export const serviceRoles = (of: Plan): RolePlan[] => of.roles.filter((role) => role.side === 'service');
