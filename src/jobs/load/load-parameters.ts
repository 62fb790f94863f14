import { z } from 'zod';
import { duration, fineDuration } from '../../shared/yaml/duration.ts';
import { notYet } from '../../shared/yaml/not-yet.ts';
import { clientFrame, nonEmpty } from '../recipe-schema.ts';
import { loadShape } from './load-shape.ts';
import { searchShape } from './search-shape.ts';

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

const LEAST = 'Never fewer.';
const MOST = 'Never more.';
const PARAMETERS = 'What each request is, and the load generator’s own settings.';
const SWEEP = 'Lists of values: a point for each combination.';

/** So many, or drawn for each request: evenly, or around a mean or a median. */
const length = z.union([
  tokens,
  z.strictObject({ min: tokens.describe(LEAST), max: tokens.describe(MOST) }),
  z.strictObject({
    mean: tokens.describe('Of a normal distribution.'),
    sd: z.number().nonnegative().describe('Its standard deviation.'),
    min: tokens.optional().describe(LEAST),
    max: tokens.optional().describe(MOST),
  }),
  z.strictObject({
    median: tokens.describe('Of a log-normal distribution.'),
    sigma: z.number().nonnegative().max(5).describe('The deviation of its logarithm.'),
    min: tokens.optional().describe(LEAST),
    max: tokens.optional().describe(MOST),
  }),
]);

/** What every load has, whatever it asks for. */
const anyLoad = {
  requests: requests.optional().describe('So many requests for each point, in the place of `duration`.'),
  concurrency: z
    .union([inFlight, points])
    .optional()
    .describe('Requests in flight at the same time (closed load).'),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2_147_483_647)
    .optional()
    .describe('Of everything that is drawn at random.'),
  timeout: duration
    .refine((seconds) => seconds <= 86_400, 'is longer than a day')
    .optional()
    .describe('Of one request.'),
  warmup_requests: z
    .number()
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe('Sent before anything is measured.'),
  warmup: duration.optional().describe('So long the same load before the measured window.'),
  cooldown: duration.optional().describe('So long the same load after it.'),
  think_time: fineDuration.optional().describe('Between an answer and the next request of a closed load.'),
  threads: z.number().int().min(1).max(256).optional().describe('Of the load generator.'),
};

/** Goals of one request; the result tells how many a second met all of them. */
const goals = z.strictObject({
  ttft: fineDuration.optional().describe('Time to the first token.'),
  tpot: fineDuration.optional().describe('Time per output token after the first.'),
  e2e: fineDuration.optional().describe('From the request to the end of the answer.'),
});

/** What one generator is told. Prompts are files there, so their length is not an argument's. */
export const loadParameters = z.strictObject({
  ...anyLoad,
  api: z
    .enum(['generate', 'chat', 'embed', 'openai-chat', 'openai-completions', 'openai-embeddings'])
    .optional()
    .describe('Which of the server’s APIs is asked.'),
  model: nonEmpty.optional().describe('The service’s; known without it.'),
  prompt: prompt.optional().describe('The text that is asked.'),
  prompts: z
    .union([
      z.strictObject({
        file: nonEmpty.describe('Beside the recipe: a prompt a line.'),
        order: z.enum(['given', 'shuffled']).optional().describe('given without it.'),
      }),
      z.strictObject({
        synthetic: z
          .strictObject({ words: length.describe('So many, or drawn for each prompt.') })
          .describe('Common words.'),
      }),
    ])
    .optional()
    .describe('In the place of `prompt`: lines of a file, or common words.'),
  max_tokens: length.optional().describe('Longest answer, in tokens; or drawn for each request.'),
  temperature: temperature.optional().describe('0 always takes the likeliest token.'),
  unique_prefix: z
    .boolean()
    .optional()
    .describe('Makes every prompt different, so that no cache of the server answers for the model.'),
  slo: goals.optional().describe('Goals of one request; the result tells how many a second met all of them.'),
});
export type LoadParameters = z.infer<typeof loadParameters>;

/** One request to any HTTP endpoint; `{{index}}` in it is the request's number. */
export const httpParameters = z.strictObject({
  ...anyLoad,
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']).optional().describe('GET without it.'),
  path: nonEmpty
    .startsWith('/', "must begin with '/'")
    .optional()
    .describe('What is asked for; {{index}} in it is the request’s number.'),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'is not the name of a header'), nonEmpty)
    .optional()
    .describe('Of each request.'),
  body: z.string().max(200_000).optional().describe('What is sent; {{index}} in it is the request’s number.'),
  expect: z
    .strictObject({
      status: z
        .union([z.number().int().min(100).max(599), z.array(z.number().int().min(100).max(599)).min(1)])
        .optional()
        .describe('One, or a list.'),
      contains: nonEmpty.optional().describe('This text is in it.'),
    })
    .optional()
    .describe('What a good answer is; any 2xx without it.'),
  slo: z
    .strictObject({ e2e: fineDuration.optional().describe('From the request to the end of the answer.') })
    .optional()
    .describe('Goals of one request; the result tells how many a second met all of them.'),
});

/** Axes of the load itself. */
const loadAxes = {
  concurrency: points.optional().describe('Requests in flight at the same time (closed load).'),
  rate: rates.optional().describe('Requests a second (open load), a point each.'),
  requests: axis(requests)
    .optional()
    .describe('So many requests for each point, in the place of `duration`.'),
};

/** The axes that a later version sweeps too are named, so that nobody's points are dropped in silence. */
const sweepAxes = z.strictObject({
  ...loadAxes,
  max_tokens: axis(tokens).optional().describe('Longest answer, in tokens; or drawn for each request.'),
  prompt: axis(prompt).optional().describe('The text that is asked.'),
  temperature: axis(temperature).optional().describe('0 always takes the likeliest token.'),
  model: notYet(),
});
export type SweepAxes = z.infer<typeof sweepAxes>;

const anyClient = clientFrame.extend({
  load: loadShape
    .optional()
    .describe('Open load: requests are sent when they are due, however fast the server answers.'),
  repeat: z
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Each point so many times, on the same warm service.'),
  search: searchShape.optional().describe('The highest load that meets goals, found in a few points.'),
  order: z
    .enum(['given', 'seeded'])
    .optional()
    .describe('Of the points; seeded shuffles them, each round of repeats anew.'),
});

export const loadClient = anyClient.extend({
  model: nonEmpty.optional().describe('The service’s; known without it.'),
  parameters: loadParameters.optional().describe(PARAMETERS),
  sweep: sweepAxes.optional().describe(SWEEP),
});
export type LoadRecipe = z.infer<typeof loadClient>;

export const httpClient = anyClient.extend({
  parameters: httpParameters.optional().describe(PARAMETERS),
  sweep: z.strictObject(loadAxes).optional().describe(SWEEP),
});
export type HttpRecipe = z.infer<typeof httpClient>;
