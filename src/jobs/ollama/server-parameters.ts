import { z } from 'zod';
import { duration, parseDuration } from '../../shared/yaml/duration.ts';
import type { JobContext } from '../job.ts';
import type { ServiceFrame } from '../recipe-schema.ts';

const count = z.number().int().min(1).max(1_000_000);

/** Ollama's own settings, which it takes from its environment: `context_length` is OLLAMA_CONTEXT_LENGTH. */
export const serverParameters = z.strictObject({
  context_length: z
    .number()
    .int()
    .min(1)
    .max(100_000_000)
    .optional()
    .describe('Tokens of prompt and answer together.'),
  num_parallel: count.optional().describe('Requests at the same time for each model.'),
  max_queue: count.optional().describe('Requests that may wait.'),
  max_loaded_models: count.optional().describe('At the same time.'),
  keep_alive: z
    .string()
    .transform((text, issues) => {
      const seconds = text === '-1' ? -1 : parseDuration(text);
      if (seconds !== undefined) return seconds;
      issues.addIssue({
        code: 'custom',
        message: `is not a length of time: '${text}'; write 90s, 15m or -1`,
      });
      return z.NEVER;
    })
    .optional()
    .describe('How long the model stays after its last request; -1, as without it: until the service ends.'),
  load_timeout: duration.optional().describe('Longest time for loading a model.'),
  flash_attention: z.boolean().optional().describe('Attention with less memory, where the hardware can.'),
  kv_cache_type: z
    .enum(['f16', 'q8_0', 'q4_0'])
    .optional()
    .describe('Precision of the cache of keys and values.'),
  sched_spread: z.boolean().optional().describe('One model over all GPUs, also when one would do.'),
});

type ServerParameters = z.infer<typeof serverParameters>;

/** The same as environment; what the recipe's `environment` says already is said twice. */
export function serverEnvironment(
  parameters: ServerParameters,
  { environment = {} }: ServiceFrame,
  context: JobContext,
): [name: string, value: [string]][] {
  return Object.entries(parameters).flatMap(([key, value]): [string, [string]][] => {
    if (value === undefined) return [];
    const name = `OLLAMA_${key.toUpperCase()}`;
    if (name in environment)
      context.problem(['parameters', key], `and environment.${name} are both given; give one`);
    return [[name, [typeof value === 'boolean' ? String(Number(value)) : String(value)]]];
  });
}
