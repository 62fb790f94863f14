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
  'oom_kill_step',
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

/** Options that sbench gives itself, or that would take the Slurm job out of its hands, and what to do instead. */
export const RESERVED_SBATCH_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['job_name', 'sbench finds its Slurm jobs by their names; use name'],
  ['comment', 'sbench finds its Slurm jobs by their names; use labels'],
  ['output', 'sbench brings the logs home: sbench logs'],
  ['error', 'sbench brings the logs home: sbench logs'],
  ['open_mode', 'sbench brings the logs home: sbench logs'],
  ['input', 'a Slurm job of sbench reads nothing; use environment, args or a script'],
  ['chdir', 'every Slurm job has a folder of its own'],
  ['array', 'use matrix or repeat at the top of the recipe'],
  ['dependency', 'sbench starts clients when their services are ready'],
  ['kill_on_invalid_dep', 'sbench starts clients when their services are ready'],
  ['requeue', 'sbench never lets Slurm start a Slurm job twice; use sbench retry'],
  ['no_requeue', 'sbench never lets Slurm start a Slurm job twice; use sbench retry'],
  ['parsable', 'sbench itself speaks with sbatch'],
  ['quiet', 'sbench itself speaks with sbatch'],
  ['verbose', 'sbench itself speaks with sbatch'],
  ['wait', 'sbench itself speaks with sbatch'],
  ['wrap', 'sbench itself speaks with sbatch'],
  ['test_only', 'sbench itself speaks with sbatch'],
  ['ignore_pbs', 'sbench itself speaks with sbatch'],
  ['export', 'Slurm jobs start with an empty environment; use environment'],
  ['export_file', 'Slurm jobs start with an empty environment; use environment'],
  ['get_user_env', 'Slurm jobs start with an empty environment; use environment'],
  ['propagate', 'it changes how a Slurm job ends, which sbench has to see'],
  ['signal', 'it changes how a Slurm job ends, which sbench has to see'],
  ['no_kill', 'it changes how a Slurm job ends, which sbench has to see'],
  ['hold', 'sbench would wait for it in vain; use begin'],
  ['clusters', 'use cluster at the top of the recipe'],
  ['container', 'use container of the service or client'],
  ['container_id', 'use container of the service or client'],
  ['bbf', 'it names a file on the login node; write its content here: bb, nodelist'],
  ['nodefile', 'it names a file on the login node; write its content here: bb, nodelist'],
  ['uid', 'Slurm jobs are yours'],
  ['gid', 'Slurm jobs are yours'],
  ['stepmgr', 'sbench starts no steps'],
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

const reserved = (why: string) =>
  z
    .unknown()
    .optional()
    .superRefine((value, context) => {
      if (value === undefined) return;
      context.addIssue({ code: 'custom', message: `is reserved: ${why}`, params: { at: 'key' } });
    })
    // The JSON Schema does not offer it.
    .meta({ 'x-refused': true });

function schemaOf(option: string) {
  if (option === 'exclusive') return z.union([text, z.boolean()]).optional();
  if (SBATCH_SWITCHES.has(option)) return z.boolean().optional();
  return option === 'time' || option === 'time_min' ? time.optional() : text.optional();
}

export type ResourceOptions = { [option in SbatchOption | 'cpus']?: string | boolean | undefined };

const optionShape = Object.fromEntries<z.ZodType<string | boolean | undefined>>(
  [...SBATCH_OPTIONS, 'cpus'].map((option) => [option, schemaOf(option)]),
) as Record<keyof ResourceOptions, z.ZodOptional<z.ZodType<string | boolean>>>;
const reservedShape = Object.fromEntries(
  [...RESERVED_SBATCH_OPTIONS].map(([option, why]) => [option, reserved(why)]),
);

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
