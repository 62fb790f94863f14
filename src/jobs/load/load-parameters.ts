import { z } from 'zod';
import { duration } from '../../shared/yaml/duration.ts';
import { notYet } from '../../shared/yaml/not-yet.ts';
import { clientFrame, nonEmpty } from '../recipe-schema.ts';

const inFlight = z.number().int().min(1).max(4096);

const axis = <Value extends z.ZodType>(value: Value) =>
  z
    .array(value)
    .min(1)
    .max(100)
    .refine(
      (list) => new Set(list).size === list.length,
      'has the same value twice; repeat: N measures every point N times',
    );

const points = axis(inFlight);
const prompt = z.string().min(1).max(200_000);
const maxTokens = z.number().int().min(1).max(1_000_000);
const requests = z.number().int().min(1).max(10_000_000);
const temperature = z.number().min(0).max(10);

const api = z.enum(['generate', 'chat', 'embed', 'openai-chat', 'openai-completions', 'openai-embeddings']);

/** What one generator is told. Prompts are files there, so their length is not an argument's. */
export const loadParameters = z.strictObject({
  /** Which of the server's APIs is asked. */
  api: api.optional(),
  model: nonEmpty.optional(),
  prompt: prompt.optional(),
  max_tokens: maxTokens.optional(),
  /** Of one point. */
  requests: requests.optional(),
  concurrency: z.union([inFlight, points]).optional(),
  temperature: temperature.optional(),
  seed: z.number().int().min(0).max(2_147_483_647).optional(),
  /** Of one request. */
  timeout: duration.refine((seconds) => seconds <= 86_400, 'is longer than a day').optional(),
  /** Makes every prompt different, so that no cache of the server answers for the model. */
  unique_prefix: z.boolean().optional(),
  warmup_requests: z.number().int().min(0).max(100_000).optional(),
});

export type LoadParameters = z.infer<typeof loadParameters>;

/** The axes that a later version sweeps too are named, so that nobody's points are dropped in silence. */
export const sweepAxes = z.strictObject({
  concurrency: points.optional(),
  max_tokens: axis(maxTokens).optional(),
  requests: axis(requests).optional(),
  prompt: axis(prompt).optional(),
  temperature: axis(temperature).optional(),
  rate: notYet(),
  model: notYet(),
});

export type SweepAxes = z.infer<typeof sweepAxes>;

export const loadClient = clientFrame.extend({
  model: nonEmpty.optional(),
  parameters: loadParameters.optional(),
  sweep: sweepAxes.optional(),
  /** Each point again, on the same warm service. */
  repeat: z.number().int().min(1).max(100).optional(),
});
export type LoadRecipe = z.infer<typeof loadClient>;
