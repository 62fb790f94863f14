import { z } from 'zod';
import { resourceOptions } from '../shared/settings/sbatch-options.ts';
import { duration } from '../shared/yaml/duration.ts';
import { notYet } from '../shared/yaml/not-yet.ts';
import { containerImage, containerRecipe } from './container.ts';
import { environmentRecipe } from './environment.ts';
import { healthCheck } from './health-check.ts';
import { matrixShape } from './matrix.ts';
import { MAX_WORD, UNSPEAKABLE } from './shell-word.ts';

/** Any text that can travel through a shell unchanged. */
export const text = z
  .string()
  .max(MAX_WORD)
  .refine((value) => !UNSPEAKABLE.test(value), 'contains a NUL or half a character');

export const nonEmpty = text.min(1);

/** A person's own name for something; it is shown, never run, and never becomes a file. */
export const label = z
  .string()
  .min(1)
  .max(100)
  .refine((value) => !/\p{Cc}|\p{Surrogate}/u.test(value), 'contains a control character');

const timeouts = z.strictObject({
  queue: duration.optional().describe('Longest wait in the queue: 24h without it.'),
  start: duration.optional().describe('From its start until it is ready: 10m without it.'),
  run: duration.optional().describe('Longest run; without it the time limit of `resources`.'),
});

const description = text.max(1000).optional().describe('A sentence for people; a label of that name has it.');

/** What a service and a client have in common. */
const jobShape = {
  description,
  type: label.optional().describe('The kind.'),
  name: label.optional().describe('For people; the name of a kind stands for `type`, too.'),
  container_image: containerImage
    .optional()
    .describe('An image: docker://…, a path on the cluster, or the name of a file in the cache.'),
  container: containerRecipe.optional().describe('Which image, with which runtime, and what it sees.'),
  environment: environmentRecipe.optional().describe('Environment of the program.'),
  resources: resourceOptions({ preset: label.optional() })
    .optional()
    .describe(
      'Options of sbatch with _ for -: partition, gpus, mem, time …; `preset` names a set of the cluster’s.',
    ),
  modules: z.array(nonEmpty).optional().describe("Environment modules to load, after the cluster's."),
  setup: z
    .array(nonEmpty.refine((line) => !line.includes('\r'), 'contains a carriage return'))
    .optional()
    .describe('Shell lines that run in the Slurm job before the program.'),
  timeouts: timeouts.optional().describe('How long it may wait, start and run.'),
};

/** A kind brings its own program; these keys are for a person's. */
const ofPrograms = () =>
  z
    .unknown()
    .optional()
    .superRefine((value, context) => {
      if (value === undefined) return;
      const message = 'is for a program of yours: type: script';
      context.addIssue({ code: 'custom', message, params: { at: 'key' } });
    })
    // The JSON Schema does not offer it.
    .meta({ 'x-refused': true });

const port = z.union([z.literal('auto'), z.number().int().min(1).max(65_535)]);

export const serviceFrame = z.strictObject({
  ...jobShape,
  ports: z
    .union([
      port,
      z.array(port).min(1).max(16),
      z
        .record(z.string().regex(/^[a-z][a-z0-9_]{0,30}$/i, 'is not the name of a port'), port)
        .refine((named) => Object.keys(named).length > 0, 'names no port'),
    ])
    // A kind listens on the first one; `morePorts` has the others.
    .transform((ports) => (typeof ports === 'object' ? (Object.values(ports)[0] ?? 'auto') : ports))
    .optional()
    .describe(
      'A port, `auto` (a free one; what built-in kinds do without it), or several: [auto, 9000], {http: auto}.',
    ),
  command: nonEmpty.optional().describe("The program, instead of the kind's own."),
  args: z.array(text).optional().describe('Its arguments.'),
  health_check: healthCheck.optional().describe('When it counts as ready.'),
});

export const clientFrame = z.strictObject({
  ...jobShape,
  target_service: z
    .strictObject({
      name: label.optional().describe('Of the service in this file.'),
      port: z.number().int().min(1).max(65_535).optional().describe('The service’s; known without it.'),
    })
    .optional()
    .describe('Whom it talks to; needed when there are several services.'),
  command: ofPrograms(),
  args: ofPrograms(),
  duration: duration.optional().describe('How long one point is measured.'),
  repeat: notYet(),
  placement: z
    .enum(['job', 'service', 'together'])
    .optional()
    .describe(
      'In a Slurm job of its own (job, without it), on the service’s nodes (service), or in one Slurm job with it (together).',
    ),
  script: ofPrograms(),
});

/** The file itself. Services and clients are checked against their kinds' schemas once those are known. */
export const recipeFrame = z.strictObject({
  version: z.literal(1).optional().describe('The version of this format.'),
  name: label.optional().describe('For people.'),
  description,
  cluster: label
    .optional()
    .describe('A cluster of the configuration; needed when there are several and no default.'),
  labels: z.record(label, label).optional().describe('Marks of your own.'),
  service: z.unknown().optional().describe('What is started and measured.'),
  services: z.array(z.unknown()).min(1).optional().describe('Several services, started side by side.'),
  client: z.unknown().optional().describe('What measures it.'),
  clients: z.array(z.unknown()).min(1).optional().describe('Several clients on the same warm services.'),
  run_clients: z
    .enum(['sequential', 'together'])
    .optional()
    .describe('One after another (the default), or all at once.'),
  timeouts: timeouts
    .extend({
      max_idle: duration
        .optional()
        .describe('A service that no client uses for so long is released: 30m without it.'),
      dead_man: duration
        .optional()
        .describe('A service that hears nothing of sbench for so long ends itself: 2h without it.'),
    })
    .optional()
    .describe('How long it may wait, start and run.'),
  ...matrixShape,
});

export type ServiceFrame = z.infer<typeof serviceFrame>;
export type ClientFrame = z.infer<typeof clientFrame>;
