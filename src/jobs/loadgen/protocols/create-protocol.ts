import * as z from 'zod';
import type { Protocol } from '../protocol.ts';
import { ollama } from './ollama.ts';
import { openAi } from './openai.ts';
import { plainHttp } from './plain-http.ts';

const options = z.record(z.string(), z.unknown()).default({});
const model = z.string().min(1);

/** How to talk to the server. Everything in it is plain data: it crosses to the threads. */
export const protocolConfigSchema = z.discriminatedUnion('speaks', [
  z.strictObject({ speaks: z.literal('ollama'), api: z.enum(['generate', 'chat', 'embed']), model, options }),
  z.strictObject({
    speaks: z.literal('openai'),
    api: z.enum(['chat', 'completions', 'embeddings']),
    model,
    options,
  }),
  z.strictObject({
    speaks: z.literal('http'),
    method: z.enum(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']).default('GET'),
    path: z.string().startsWith('/').default('/'),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().optional(),
    /** Good statuses; any 2xx when empty. */
    statuses: z.array(z.int().min(100).max(599)).default([]),
    contains: z.string().min(1).optional(),
  }),
]);
export type ProtocolConfig = z.infer<typeof protocolConfigSchema>;

export function createProtocol(config: ProtocolConfig): Protocol {
  switch (config.speaks) {
    case 'ollama':
      return ollama(config);
    case 'openai':
      return openAi(config);
    case 'http':
      return plainHttp(config);
    default:
      return config satisfies never;
  }
}

/** Whether answers are text, token by token: only then are there TTFT and TPOT, and zero tokens is a failure. */
export const streamsTokens = (
  config: { speaks: 'http' } | { speaks: 'ollama' | 'openai'; api: string },
): boolean => config.speaks !== 'http' && !config.api.startsWith('embed');
