// The namespace import, here and in everything the bundle contains, leaves zod's translations (570 KB) out of it.
import * as z from 'zod';
import { settingsSchema } from '../../shared/result/point.ts';
import { loadSchema } from './load.ts';
import { promptSourceSchema } from './prompts/create-prompts.ts';
import { lengthSchema } from './prompts/length.ts';
import { protocolConfigSchema } from './protocols/create-protocol.ts';
import { searchSchema } from './search.ts';

const goal = z.number().positive().optional();

const pointConfigSchema = z.strictObject({
  /** What a person calls it; unique. */
  name: z.string().min(1).max(200),
  load: loadSchema,
  /** Upper limit of output tokens per request, when it differs from the others'. */
  maxTokens: lengthSchema.optional(),
  /** Over `protocol.options`. */
  options: z.record(z.string(), z.unknown()).optional(),
  /** In the place of the others' prompts. */
  prompts: promptSourceSchema.optional(),
  /** What was swept beside the load, as the result tells it. */
  settings: settingsSchema.optional(),
});
export type PointConfig = z.infer<typeof pointConfigSchema>;

/** The file behind `--config`: what the load generator is to do. The planner builds it, the compute node reads it. */
export const loadgenConfigSchema = z
  .strictObject({
    v: z.literal(2),
    protocol: protocolConfigSchema,
    prompts: promptSourceSchema,
    /** A nonce in FRONT of every prompt; false measures the server's prefix cache, too. */
    uniquePrompts: z.boolean().default(true),
    /** Upper limit of output tokens per request; the server may stop earlier. */
    maxTokens: lengthSchema.default(128),
    points: z.array(pointConfigSchema).min(1).max(1000),
    /** The one point is where a search begins, and what all its points are like. */
    search: searchSchema.optional(),
    /** How often each point is measured, on the same warm service. */
    repeats: z.int().min(1).max(100).default(1),
    /** Shuffled by the seed, each round of repeats anew: what drifts over time then hits all points alike. */
    order: z.enum(['given', 'seeded']).default('given'),
    /** A request that is not complete after so many seconds counts as an error. */
    timeoutS: z.number().positive().max(86_400).default(120),
    /** What is still unanswered so long after a point's end counts as incomplete, in seconds. Default: `timeoutS`. */
    drainS: z.number().nonnegative().max(86_400).optional(),
    /** Of the schedules, the order of the points and the prompts. */
    seed: z.int().default(0),
    threads: z.int().min(1).max(256).default(1),
    /** Goals of one request, in ms: what goodput counts. */
    slo: z.strictObject({ ttftMs: goal, tpotMs: goal, e2eMs: goal }).optional(),
    /** Share of measured requests of a point that may fail before the result is `failed`. */
    maxErrorShare: z.number().min(0).max(1).default(0.01),
  })
  .refine((config) => new Set(config.points.map((point) => point.name)).size === config.points.length, {
    error: 'two points have the same name',
    path: ['points'],
  })
  .refine(({ search, points, repeats }) => !search || (points.length === 1 && repeats === 1), {
    error: 'a search has one point to begin with, and measures each once',
    path: ['search'],
  });
export type LoadgenConfig = z.infer<typeof loadgenConfigSchema>;
/** What a person or the planner has to write: everything with a default may be left out. */
export type LoadgenConfigInput = z.input<typeof loadgenConfigSchema>;
