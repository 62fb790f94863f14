import { z } from 'zod';
import { runtimeName } from '../shared/settings/runtimes.ts';
import { MAX_WORD, UNSPEAKABLE } from './shell-word.ts';

const word = z
  .string()
  .min(1)
  .max(MAX_WORD)
  .refine((value) => !UNSPEAKABLE.test(value), 'contains a NUL or half a character');

/** `docker://redis:7`, or `redis:7` alone; other schemes are the runtime's to know. */
const imageSource = word
  .regex(
    /^(?:[a-z][a-z0-9+.-]*:\/\/)?[A-Za-z0-9][A-Za-z0-9_./:@+-]*$/,
    'must say where the image comes from, such as docker://redis:7',
  )
  .transform((source) => (source.includes('://') ? source : `docker://${source}`));

/** A job's `container:`. */
export const containerRecipe = z.strictObject({
  runtime: runtimeName.optional(),
  docker_source: imageSource.optional(),
  image_path: word.optional(),
  bind_mounts: z.array(word).optional(),
  build_commands: z
    .array(word.refine((line) => !line.includes('\r'), 'contains a carriage return'))
    .optional(),
  force_rebuild: z.boolean().optional(),
  args: z.array(word.refine((arg) => arg !== '--', 'ends the flags; leave it out')).optional(),
});

/** The seed's `container_image`: a source, a path, or the name of a file in the cache. */
export const containerImage = word;
