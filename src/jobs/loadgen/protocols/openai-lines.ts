import * as z from 'zod';
import type { StreamEvent, Usage } from '../answer/stream-event.ts';
import { defined } from './ollama-lines.ts';

const text = z.string().nullish();
const tokens = z.int().nonnegative().nullish();

const usageSchema = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  prompt_tokens_details: z.object({ cached_tokens: tokens }).nullish(),
});

/** A chunk of an OpenAI-compatible stream: chat and text completions in one, every part of it optional somewhere. */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        text,
        delta: z
          .object({
            content: text,
            reasoning_content: text,
            reasoning: text,
            tool_calls: z.array(z.unknown()).nullish(),
          })
          .nullish(),
        finish_reason: text,
      }),
    )
    .nullish(),
  usage: usageSchema.nullish(),
  error: z.union([z.string(), z.object({ message: z.string() })]).nullish(),
});

/** Server-sent events: `data:` lines, comments that begin with a colon, and `[DONE]` at the end. */
export function readOpenAiLine(line: string): StreamEvent {
  // Comments keep a connection alive; event names and ids say nothing that counts here.
  if (/^(:|event:|id:|retry:)/.test(line)) return { type: 'nothing' };
  // Some servers send an error as a bare JSON object.
  const data = line.startsWith('data:') ? line.slice(5).trim() : line;
  return data === '[DONE]' ? { type: 'done' } : readChunk(data);
}

function readChunk(json: string): StreamEvent {
  const chunk = parse(json);
  if (!chunk) return { type: 'bad-line', message: `not a chunk of an OpenAI stream: ${json.slice(0, 200)}` };
  if (chunk.error) {
    return { type: 'error', message: typeof chunk.error === 'string' ? chunk.error : chunk.error.message };
  }
  const choice = chunk.choices?.[0];
  const delta = choice?.delta;
  // The first chunk of a chat has a role and no text: that is not a token yet.
  const hasText = Boolean(
    choice?.text ||
      delta?.content ||
      delta?.reasoning_content ||
      delta?.reasoning ||
      delta?.tool_calls?.length,
  );
  const usage: Usage = defined({
    inputTokens: chunk.usage?.prompt_tokens ?? undefined,
    outputTokens: chunk.usage?.completion_tokens ?? undefined,
    cachedTokens: chunk.usage?.prompt_tokens_details?.cached_tokens ?? undefined,
    doneReason: choice?.finish_reason ?? undefined,
  });
  if (Object.keys(usage).length > 0) return { type: 'usage', hasText, usage };
  return { type: hasText ? 'text' : 'nothing' };
}

function parse(json: string): z.infer<typeof chunkSchema> | undefined {
  try {
    return chunkSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}
