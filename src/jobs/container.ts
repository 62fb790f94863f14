import { z } from 'zod';
import { NOT_YET, notYet } from '../shared/yaml/not-yet.ts';
import type { Value } from './shell-word.ts';

/** The place where container runtimes go. `none` runs the command as it is. */
const RUNTIMES = ['none', 'apptainer', 'singularity', 'podman', 'docker', 'enroot'] as const;

/** A job's `container:`. Everything but `runtime: none` comes later. */
export const containerRecipe = z.strictObject({
  runtime: z
    .enum(RUNTIMES)
    .refine((runtime) => runtime === 'none', `${NOT_YET}, only none is`)
    .optional(),
  docker_source: notYet(),
  image_path: notYet(),
  bind_mounts: notYet(),
});

/** The words that run `argv` inside the job's container. */
export function inContainer(runtime: 'none', argv: readonly Value[], _binds: readonly Value[]): Value[] {
  switch (runtime) {
    case 'none':
      return [...argv];
    default:
      return runtime satisfies never;
  }
}
