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
  runtime: runtimeName
    .optional()
    .describe('In the place of the cluster’s; none: the command runs on the node as it is.'),
  docker_source: imageSource.optional().describe('Where the image comes from: docker://redis:7.'),
  image_path: word
    .optional()
    .describe('A file or folder on the cluster; when it is not there, it is made of the source.'),
  bind_mounts: z
    .array(word)
    .optional()
    .describe('What it sees of the cluster: host:inside or host:inside:ro.'),
  build_commands: z
    .array(word.refine((line) => !line.includes('\r'), 'contains a carriage return'))
    .optional()
    .describe('Shell lines that make the image at $SBENCH_IMAGE, in the place of the runtime’s own pull.'),
  force_rebuild: z.boolean().optional().describe('Made at every session, present or not.'),
  args: z
    .array(word.refine((arg) => arg !== '--', 'ends the flags; leave it out'))
    .optional()
    .describe('More flags for the runtime.'),
});

/** The seed's `container_image`: a source, a path, or the name of a file in the cache. */
export const containerImage = word;
