// The namespace import, here and in everything the bundle contains, leaves zod's translations (570 KB) out of it.
import * as z from 'zod';

const DEFAULT_PROMPT =
  'Explain to a curious newcomer how a compute cluster shares its machines among many users, and why jobs wait in a queue.';

/** The file behind `--config`: what the load generator is to do. The planner builds it, the compute node reads it. */
export const loadgenConfigSchema = z
  .strictObject({
    v: z.literal(1),
    protocol: z.enum(['ollama-generate', 'openai-chat', 'openai-completions']),
    model: z.string().min(1),
    prompt: z.string().min(1).max(200_000).default(DEFAULT_PROMPT),
    /** Upper limit of output tokens per request (`num_predict`); the server may stop earlier. */
    maxTokens: z.int().positive(),
    /** Each number is one point of the sweep, measured in this order. */
    concurrency: z.array(z.int().min(1).max(4096)).min(1),
    /**
     * The points themselves when more than the concurrency changes from one to the next: what stands here replaces
     * the value of the same name. `prompt` counts `prompts`, from 1.
     */
    points: z
      .array(
        z.strictObject({
          concurrency: z.int().min(1).max(4096),
          maxTokens: z.int().positive().optional(),
          requests: z.int().positive().optional(),
          temperature: z.number().nonnegative().optional(),
          prompt: z.int().positive().optional(),
        }),
      )
      .min(1)
      .optional(),
    prompts: z.array(z.string().min(1).max(200_000)).optional(),
    /** All points in order, so many times. */
    repeats: z.int().min(1).max(1000).optional(),
    /** Measured requests per point. Give this or `durationS`. */
    requests: z.int().positive().optional(),
    /** Seconds during which measured requests are started, per point; those in flight then finish. */
    durationS: z.number().positive().optional(),
    /** Requests before the measured ones, per point. Default: as many as the point's concurrency. */
    warmupRequests: z.int().nonnegative().optional(),
    /** A request that is not complete after so many seconds counts as an error. */
    timeoutS: z.number().positive().max(86_400).default(120),
    temperature: z.number().nonnegative().default(0),
    /** The server's sampling seed; left to the server when absent. */
    seed: z.int().optional(),
    /**
     * Put a nonce in FRONT of every prompt. Without it a server with a prefix cache computes the prompt once and
     * the benchmark measures its cache.
     */
    uniquePrefix: z.boolean().default(true),
    /** Share of measured requests of a point that may fail before the result is `failed`. */
    maxErrorShare: z.number().min(0).max(1).default(0.01),
  })
  .refine((config) => (config.requests === undefined) !== (config.durationS === undefined), {
    error: 'give either requests or durationS',
    path: ['requests'],
  });
export type LoadgenConfig = z.infer<typeof loadgenConfigSchema>;
/** What a person or the planner has to write: everything with a default may be left out. */
export type LoadgenConfigInput = z.input<typeof loadgenConfigSchema>;
