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
    path: path.optional(),
    method: z.enum(['GET', 'HEAD', 'POST']).optional(),
    body: word.optional(),
    status: z.union([status, z.array(status).min(1).max(20)]).optional(),
    text: word.optional(),
  }),
]);

/** When a service counts as ready: one of http, tcp and command; `endpoint` and `retries` are older spellings. */
export const healthCheck = z.strictObject({
  http: http.optional(),
  tcp: z.boolean().optional(),
  command: z.union([word, z.array(word).min(1)]).optional(),
  endpoint: word.optional(),
  timeout: duration.optional(),
  interval: duration.optional(),
  retries: z.number().int().min(1).max(100_000).optional(),
});

export type HealthCheck = z.infer<typeof healthCheck>;

/** Seconds until a service must be ready, as far as its check says: the time given, or the time that the tries take. */
export function checkLimitS({ timeout, interval = 1, retries }: HealthCheck = {}): number | undefined {
  if (retries === undefined) return timeout;
  return Math.max(timeout ?? 0, retries * interval);
}
