import * as z from 'zod';
import { streamReader } from '../answer/stream-reader.ts';
import { wholeReader } from '../answer/whole-reader.ts';
import type { Prompt, Protocol } from '../protocol.ts';
import { defined } from './ollama-lines.ts';
import { readOpenAiLine } from './openai-lines.ts';

export interface OpenAiOrder {
  readonly api: 'chat' | 'completions' | 'embeddings';
  readonly model: string;
  /** Members of the request's body: temperature, seed, ignore_eos … */
  readonly options: Readonly<Record<string, unknown>>;
}

const PATHS = { chat: '/v1/chat/completions', completions: '/v1/completions', embeddings: '/v1/embeddings' };
const JSON_HEADERS = { 'content-type': 'application/json' };

/** What vLLM, SGLang, llama.cpp, TGI and Ollama's /v1 have in common. */
export function openAi({ api, model, options }: OpenAiOrder): Protocol {
  const streamed = (maxTokens: number) => ({
    ...options,
    max_tokens: maxTokens,
    stream: true,
    // Only the server knows how many tokens a piece of text is.
    stream_options: { include_usage: true },
  });
  const body = ({ text, maxTokens }: Prompt): object => {
    switch (api) {
      case 'chat':
        return { model, messages: [{ role: 'user', content: text }], ...streamed(maxTokens) };
      case 'completions':
        return { model, prompt: text, ...streamed(maxTokens) };
      case 'embeddings':
        return { model, input: text, ...options };
      default:
        return api satisfies never;
    }
  };
  return {
    request: (prompt) => ({
      method: 'POST',
      path: PATHS[api],
      headers: JSON_HEADERS,
      body: JSON.stringify(body(prompt)),
    }),
    newReader: () =>
      api === 'embeddings'
        ? wholeReader({ isGood: (status) => status === 200, check: readEmbeddings })
        : streamReader(readOpenAiLine),
  };
}

const embeddingsSchema = z.object({
  data: z.array(z.object({ embedding: z.union([z.array(z.number()).min(1), z.string().min(1)]) })).min(1),
  usage: z.object({ prompt_tokens: z.int().nonnegative().nullish() }).nullish(),
});

function readEmbeddings(text: string) {
  try {
    const { data } = embeddingsSchema.safeParse(JSON.parse(text));
    if (!data) return `no embedding in the answer: ${text.slice(0, 200)}`;
    return defined({ inputTokens: data.usage?.prompt_tokens ?? undefined });
  } catch {
    return `not JSON: ${text.slice(0, 200)}`;
  }
}
