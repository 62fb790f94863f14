import { z } from 'zod';
import { type RuntimeName, runtimeName } from '../shared/settings/runtimes.ts';
import { NOT_YET, notYet } from '../shared/yaml/not-yet.ts';
import type { Value } from './shell-word.ts';

/** A job's `container:`. Everything but `runtime: none` comes later. */
export const containerRecipe = z.strictObject({
  runtime: runtimeName.refine((runtime) => runtime === 'none', `${NOT_YET}, only none is`).optional(),
  docker_source: notYet(),
  image_path: notYet(),
  bind_mounts: notYet(),
});

/** The words that run `argv` inside the job's container. */
export function inContainer(runtime: RuntimeName, argv: readonly Value[], _binds: readonly Value[]): Value[] {
  if (runtime !== 'none') throw new Error(`the runtime ${runtime} ${NOT_YET}`);
  return [...argv];
}
