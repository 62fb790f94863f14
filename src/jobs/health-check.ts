import { z } from 'zod';
import { duration } from '../shared/yaml/duration.ts';
import { MAX_WORD, UNSPEAKABLE } from './shell-word.ts';

const word = z
  .string()
  .min(1)
  .max(MAX_WORD)
  .refine((value) => !UNSPEAKABLE.test(value), 'contains a NUL or half a character');

const path = word
  .max(2000)
  .regex(/^\/[!-~]*$/, 'must be a path that starts with / and has no spaces: /health');

const status = z.number().int().min(100).max(599);

/** `http: /health`, or what is to be sent and expected. A redirect is not ready unless its status is named. */
const http = z.union([
  path,
  z.strictObject({
    path: path.optional().describe('What is asked for.'),
    method: z.enum(['GET', 'HEAD', 'POST']).optional().describe('GET without it.'),
    body: word.optional().describe('What is sent.'),
    status: z
      .union([status, z.array(status).min(1).max(20)])
      .optional()
      .describe('Those that mean ready; every 2xx without it.'),
    text: word.optional().describe('What the answer must contain.'),
  }),
]);

/** When a service counts as ready: one of http, tcp and command; `endpoint` and `retries` are older spellings. */
export const healthCheck = z.strictObject({
  http: http.optional().describe('A path that must answer 2xx, or what is asked and expected.'),
  tcp: z.boolean().optional().describe('Ready when the port takes connections.'),
  command: z
    .union([word, z.array(word).min(1)])
    .optional()
    .describe('Ready when it exits with 0; it runs beside the service.'),
  endpoint: word.optional().describe('The same as http or tcp, as an address: http://localhost:8080/health.'),
  timeout: duration.optional().describe('The same as timeouts.start.'),
  interval: duration.optional().describe('Between two checks.'),
  retries: z.number().int().min(1).max(100_000).optional().describe('So many checks; with interval a time.'),
});

export type HealthCheck = z.infer<typeof healthCheck>;

/** Seconds until a service must be ready, as far as its check says: the time given, or the time that the tries take. */
export function checkLimitS({ timeout, interval = 1, retries }: HealthCheck = {}): number | undefined {
  if (retries === undefined) return timeout;
  return Math.max(timeout ?? 0, retries * interval);
}
