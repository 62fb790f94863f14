import { z } from 'zod';

/** What may run a command in an image; `none` runs it on the node as it is. */
export const runtimeName = z.enum(['none', 'apptainer', 'singularity', 'charliecloud', 'podman', 'docker']);
export type RuntimeName = z.infer<typeof runtimeName>;
