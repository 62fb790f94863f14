import { z } from 'zod';
import { isBareNumber, notADuration, parseDuration } from '../yaml/duration.ts';

/** sbatch's long options that a recipe may give, with `_` for `-`; in the order in which they are passed. */
export const SBATCH_OPTIONS = [
  'account',
  'acctg_freq',
  'batch',
  'bb',
  'begin',
  'cluster_constraint',
  'constraint',
  'contiguous',
  'core_spec',
  'cores_per_socket',
  'cpu_freq',
  'cpus_per_gpu',
  'cpus_per_task',
  'deadline',
  'delay_boot',
  'distribution',
  'exclude',
  'exclusive',
  'extra',
  'extra_node_info',
  'gpu_bind',
  'gpu_freq',
  'gpus',
  'gpus_per_node',
  'gpus_per_socket',
  'gpus_per_task',
  'gres',
  'gres_flags',
  'hint',
  'licenses',
  'mail_type',
  'mail_user',
  'mcs_label',
  'mem',
  'mem_bind',
  'mem_per_cpu',
  'mem_per_gpu',
  'mincpus',
  'network',
  'nice',
  'nodelist',
  'nodes',
  'ntasks',
  'ntasks_per_core',
  'ntasks_per_gpu',
  'ntasks_per_node',
  'ntasks_per_socket',
  'overcommit',
  'oversubscribe',
  'partition',
  'power',
  'prefer',
  'priority',
  'profile',
  'qos',
  'reboot',
  'reservation',
  'segment',
  'sockets_per_node',
  'spread_job',
  'switches',
  'thread_spec',
  'threads_per_core',
  'time',
  'time_min',
  'tmp',
  'tres_bind',
  'tres_per_task',
  'use_min_nodes',
  'wait_all_nodes',
  'wckey',
] as const;

export type SbatchOption = (typeof SBATCH_OPTIONS)[number];

/** Options that are switches. `exclusive` may have a value too. */
export const SBATCH_SWITCHES: ReadonlySet<string> = new Set([
  'contiguous',
  'exclusive',
  'overcommit',
  'oversubscribe',
  'reboot',
  'spread_job',
  'use_min_nodes',
]);

/** Options that sbench gives itself, or that would take the Slurm job out of its hands. */
export const RESERVED_SBATCH_OPTIONS: ReadonlySet<string> = new Set([
  'array',
  'bbf',
  'chdir',
  'clusters',
  'comment',
  'container',
  'container_id',
  'dependency',
  'error',
  'export',
  'export_file',
  'get_user_env',
  'gid',
  'hold',
  'ignore_pbs',
  'input',
  'job_name',
  'kill_on_invalid_dep',
  'no_kill',
  'no_requeue',
  'nodefile',
  'open_mode',
  'output',
  'parsable',
  'propagate',
  'quiet',
  'requeue',
  'signal',
  'stepmgr',
  'test_only',
  'uid',
  'verbose',
  'wait',
  'wrap',
]);

const text = z
  .string()
  .min(1)
  .refine((value) => !/\p{Cc}|\p{Surrogate}/u.test(value), 'contains a control character');

/** A bare number would be minutes to Slurm and seconds everywhere else in a recipe. */
const time = text.superRefine((value, context) => {
  const bare = value.trim();
  if (isBareNumber(value)) {
    context.addIssue({
      code: 'custom',
      message: `needs a unit: Slurm would read minutes; write ${bare}m or ${bare}s`,
    });
  } else if (parseDuration(value) === undefined) {
    context.addIssue({ code: 'custom', message: notADuration(value) });
  }
});

const reserved = z
  .unknown()
  .optional()
  .superRefine((value, context) => {
    if (value === undefined) return;
    const message = 'is reserved: sbench gives this sbatch option itself';
    context.addIssue({ code: 'custom', message, params: { at: 'key' } });
  });

function schemaOf(option: string) {
  if (option === 'exclusive') return z.union([text, z.boolean()]).optional();
  if (SBATCH_SWITCHES.has(option)) return z.boolean().optional();
  return option === 'time' || option === 'time_min' ? time.optional() : text.optional();
}

export type ResourceOptions = { [option in SbatchOption | 'cpus']?: string | boolean | undefined };

const optionShape = Object.fromEntries<z.ZodType<string | boolean | undefined>>(
  [...SBATCH_OPTIONS, 'cpus'].map((option) => [option, schemaOf(option)]),
) as Record<keyof ResourceOptions, z.ZodOptional<z.ZodType<string | boolean>>>;
const reservedShape = Object.fromEntries([...RESERVED_SBATCH_OPTIONS].map((option) => [option, reserved]));

/** A set of sbatch options as a person writes it; `cpus` is short for `cpus_per_task`, `extra` are keys beside them. */
export const resourceOptions = <Extra extends z.ZodRawShape>(extra: Extra) =>
  z.strictObject({ ...reservedShape, ...optionShape, ...extra }).superRefine((options, context) => {
    const { cpus, cpus_per_task } = options as ResourceOptions;
    if (cpus === undefined || cpus_per_task === undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['cpus'],
      message: 'and cpus_per_task mean the same; give one',
    });
  });
