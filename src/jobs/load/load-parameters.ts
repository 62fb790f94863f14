import { z } from 'zod';
import { duration, fineDuration } from '../../shared/yaml/duration.ts';
import { notYet } from '../../shared/yaml/not-yet.ts';
import { clientFrame, nonEmpty } from '../recipe-schema.ts';
import { loadShape } from './load-shape.ts';

const inFlight = z.number().int().min(1).max(4096);

export const axis = <Value extends z.ZodType>(value: Value) =>
  z
    .array(value)
    .min(1)
    .max(100)
    .refine(
      (list) => new Set(list).size === list.length,
      'has the same value twice; repeat: N measures every point N times',
    );

const points = axis(inFlight);
const rates = axis(z.number().positive().max(1_000_000));
const prompt = z.string().min(1).max(200_000);
const tokens = z.number().int().min(1).max(1_000_000);
const requests = z.number().int().min(1).max(10_000_000);
const temperature = z.number().min(0).max(10);

/** So many, or drawn for each request: evenly, or around a mean or a median. */
const length = z.union([
  tokens,
  z.strictObject({ min: tokens, max: tokens }),
  z.strictObject({
    mean: tokens,
    sd: z.number().nonnegative(),
    min: tokens.optional(),
    max: tokens.optional(),
  }),
  z.strictObject({
    median: tokens,
    sigma: z.number().nonnegative().max(5),
    min: tokens.optional(),
    max: tokens.optional(),
  }),
]);

/** What every load has, whatever it asks for. */
const anyLoad = {
  /** Of one point. */
  requests: requests.optional(),
  concurrency: z.union([inFlight, points]).optional(),
  seed: z.number().int().min(0).max(2_147_483_647).optional(),
  /** Of one request. */
  timeout: duration.refine((seconds) => seconds <= 86_400, 'is longer than a day').optional(),
  warmup_requests: z.number().int().min(0).max(100_000).optional(),
  /** The same load before and after the measured window. */
  warmup: duration.optional(),
  cooldown: duration.optional(),
  /** Between an answer and the next request, of a closed loop. */
  think_time: fineDuration.optional(),
  /** Threads of the load generator. */
  threads: z.number().int().min(1).max(256).optional(),
};

/** Goals of one request; the result tells how many a second met all of them. */
const goals = z.strictObject({
  ttft: fineDuration.optional(),
  tpot: fineDuration.optional(),
  e2e: fineDuration.optional(),
});

/** What one generator is told. Prompts are files there, so their length is not an argument's. */
export const loadParameters = z.strictObject({
  ...anyLoad,
  /** Which of the server's APIs is asked. */
  api: z
    .enum(['generate', 'chat', 'embed', 'openai-chat', 'openai-completions', 'openai-embeddings'])
    .optional(),
  model: nonEmpty.optional(),
  prompt: prompt.optional(),
  /** In its place: lines of a file beside the recipe, or common words. */
  prompts: z
    .union([
      z.strictObject({ file: nonEmpty, order: z.enum(['given', 'shuffled']).optional() }),
      z.strictObject({ synthetic: z.strictObject({ words: length }) }),
    ])
    .optional(),
  max_tokens: length.optional(),
  temperature: temperature.optional(),
  /** Makes every prompt different, so that no cache of the server answers for the model. */
  unique_prefix: z.boolean().optional(),
  slo: goals.optional(),
});
export type LoadParameters = z.infer<typeof loadParameters>;

/** One request to any HTTP endpoint; `{{index}}` in it is the request's number. */
export const httpParameters = z.strictObject({
  ...anyLoad,
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']).optional(),
  path: nonEmpty.startsWith('/', "must begin with '/'").optional(),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'is not the name of a header'), nonEmpty)
    .optional(),
  body: z.string().max(200_000).optional(),
  /** What a good answer is; any 2xx without it. */
  expect: z
    .strictObject({
      status: z
        .union([z.number().int().min(100).max(599), z.array(z.number().int().min(100).max(599)).min(1)])
        .optional(),
      contains: nonEmpty.optional(),
    })
    .optional(),
  slo: z.strictObject({ e2e: fineDuration.optional() }).optional(),
});

/** Axes of the load itself. */
const loadAxes = {
  concurrency: points.optional(),
  rate: rates.optional(),
  requests: axis(requests).optional(),
};

/** The axes that a later version sweeps too are named, so that nobody's points are dropped in silence. */
const sweepAxes = z.strictObject({
  ...loadAxes,
  max_tokens: axis(tokens).optional(),
  prompt: axis(prompt).optional(),
  temperature: axis(temperature).optional(),
  model: notYet(),
});
export type SweepAxes = z.infer<typeof sweepAxes>;

const anyClient = clientFrame.extend({
  /** Open load: requests are sent when they are due, however fast the server answers. */
  load: loadShape.optional(),
  /** Each point again, on the same warm service. */
  repeat: z.number().int().min(1).max(100).optional(),
  /** Of the points; `seeded` shuffles them, each round of repeats anew. */
  order: z.enum(['given', 'seeded']).optional(),
});

export const loadClient = anyClient.extend({
  model: nonEmpty.optional(),
  parameters: loadParameters.optional(),
  sweep: sweepAxes.optional(),
});
export type LoadRecipe = z.infer<typeof loadClient>;

export const httpClient = anyClient.extend({
  parameters: httpParameters.optional(),
  sweep: z.strictObject(loadAxes).optional(),
});
export type HttpRecipe = z.infer<typeof httpClient>;
