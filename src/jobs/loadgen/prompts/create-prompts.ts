import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Prompt } from '../protocol.ts';
import { randomStream } from '../schedule/random.ts';
import { drawLength, lengthSchema } from './length.ts';
import { readPromptFile } from './prompt-file.ts';
import { WORDS } from './words.ts';

/** Where the prompts come from. */
export const promptSourceSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('text'), text: z.string().min(1).max(200_000) }),
  /** Common English words, so many of them. A token is about three quarters of a word; the server counts. */
  z.strictObject({ from: z.literal('synthetic'), words: lengthSchema }),
  /** Lines of `{"prompt": …}`, taken in turn, or in a seeded order. */
  z.strictObject({
    from: z.literal('file'),
    file: z.string().min(1),
    order: z.enum(['given', 'shuffled']).default('given'),
  }),
]);

export const promptOrderSchema = z.strictObject({
  source: promptSourceSchema,
  /** Upper limit of output tokens of each request. */
  maxTokens: lengthSchema,
  /**
   * Words that no other point or run shares: a nonce made of them stands in FRONT of each prompt. Without it a server
   * with a prefix cache computes the prompt once, and the benchmark measures its cache.
   */
  unique: z.string().optional(),
  /** Prompts with the same seed are the same, nonce aside. */
  seed: z.union([z.string(), z.number()]),
});
export type PromptOrder = z.infer<typeof promptOrderSchema>;

/** The prompt of each request. It depends on the request's number alone, not on which thread sends it or when. */
export function createPrompts(order: PromptOrder): (index: number) => Prompt {
  const { source, maxTokens, unique, seed } = order;
  const text = textsOf(source, seed);
  const outputs = randomAt('output', seed);
  return (index) => {
    const base = text(index);
    return {
      text: unique === undefined ? base.text : `[${nonce(unique, index)}] ${base.text}`,
      maxTokens:
        base.maxTokens ?? (typeof maxTokens === 'number' ? maxTokens : drawLength(maxTokens, outputs(index))),
    };
  };
}

type Texts = (index: number) => { text: string; maxTokens?: number | undefined };

function textsOf(source: PromptOrder['source'], seed: string | number): Texts {
  switch (source.from) {
    case 'text':
      return () => ({ text: source.text });
    case 'synthetic': {
      const at = randomAt('prompt', seed);
      return (index) => {
        const random = at(index);
        const count = drawLength(source.words, random);
        const words = Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)]);
        return { text: words.join(' ') };
      };
    }
    case 'file': {
      const lines = readPromptFile(source.file);
      const turn = source.order === 'given' ? lines.map((_, at) => at) : shuffled(lines.length, seed);
      return (index) => {
        const line = lines[turn[index % turn.length] ?? 0];
        return { text: line?.prompt ?? '', maxTokens: line?.max_tokens };
      };
    }
    default:
      return source satisfies never;
  }
}

const randomAt = (what: string, seed: string | number) => (index: number) => randomStream(what, seed, index);

/** Its length is constant, so that prompts stay equally long. */
function nonce(unique: string, index: number): string {
  return createHash('sha256').update(`${unique}/${index}`).digest('hex').slice(0, 16);
}

function shuffled(length: number, seed: string | number): number[] {
  const random = randomStream('order', seed);
  const order = Array.from({ length }, (_, at) => at);
  for (let at = length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}
