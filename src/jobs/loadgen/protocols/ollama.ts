import * as z from 'zod';
import { streamReader } from '../answer/stream-reader.ts';
import { wholeReader } from '../answer/whole-reader.ts';
import type { Prompt, Protocol } from '../protocol.ts';
import { defined, milliseconds, readOllamaLine } from './ollama-lines.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

export interface OllamaOrder {
  readonly api: 'generate' | 'chat' | 'embed';
  readonly model: string;
  /** Ollama's model options: temperature, seed, num_ctx … */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Ollama's own API: text as one JSON object per line, embeddings as one answer. */
export function ollama({ api, model, options }: OllamaOrder): Protocol {
  const path = `/api/${api}`;
  const body = ({ text, maxTokens }: Prompt): object => {
    switch (api) {
      case 'generate':
        return { model, prompt: text, stream: true, options: { ...options, num_predict: maxTokens } };
      case 'chat':
        return {
          model,
          messages: [{ role: 'user', content: text }],
          stream: true,
          options: { ...options, num_predict: maxTokens },
        };
      case 'embed':
        return { model, input: text, options };
      default:
        return api satisfies never;
    }
  };
  return {
    request: (prompt) => ({
      method: 'POST',
      path,
      headers: JSON_HEADERS,
      body: JSON.stringify(body(prompt)),
    }),
    newReader: () =>
      api === 'embed'
        ? wholeReader({ isGood: (status) => status === 200, check: readEmbeddings })
        : streamReader(readOllamaLine),
  };
}

const embedSchema = z.object({
  embeddings: z.array(z.array(z.number()).min(1)).min(1),
  prompt_eval_count: z.int().nonnegative().optional(),
  total_duration: z.number().nonnegative().optional(),
  load_duration: z.number().nonnegative().optional(),
});

function readEmbeddings(text: string) {
  try {
    const { data } = embedSchema.safeParse(JSON.parse(text));
    if (!data) return `no embedding in the answer: ${text.slice(0, 200)}`;
    return defined({
      inputTokens: data.prompt_eval_count,
      totalMs: milliseconds(data.total_duration),
      loadMs: milliseconds(data.load_duration),
    });
  } catch {
    return `not JSON: ${text.slice(0, 200)}`;
  }
}
