import * as z from 'zod';
import type { LoadgenConfig } from './config.ts';
import type { Protocol, StreamEvent, Usage } from './protocol.ts';

const tokens = z.int().nonnegative().nullish();

/** One event of a streamed completion; servers add fields of their own. */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        /** Of /v1/completions. */
        text: z.string().nullish(),
        /** Of /v1/chat/completions; reasoning has one of two names. */
        delta: z
          .object({
            content: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z.object({ prompt_tokens: tokens, completion_tokens: tokens }).nullish(),
  error: z.union([z.string(), z.object({ message: z.string() })]).nullish(),
});
type Chunk = z.infer<typeof chunkSchema>;

/**
 * OpenAI's API as vLLM, Ollama and others speak it: server-sent events, the last with `[DONE]`, before it one with
 * the server's count of tokens, because we ask for it. An event with a role but no text is no token.
 */
export function openAi(config: LoadgenConfig): Protocol {
  const chat = config.protocol === 'openai-chat';
  const options = {
    model: config.model,
    max_tokens: config.maxTokens,
    temperature: config.temperature,
    seed: config.seed,
    stream: true,
    stream_options: { include_usage: true },
  };
  return {
    path: chat ? '/v1/chat/completions' : '/v1/completions',
    requestBody: (prompt) =>
      JSON.stringify(
        chat ? { ...options, messages: [{ role: 'user', content: prompt }] } : { ...options, prompt },
      ),
    newReader: readEvents,
  };
}

/** The events of one answer: why it ended and the count come before `[DONE]`, in events of their own. */
function readEvents(): (line: string) => StreamEvent {
  let doneReason: string | null = null;
  let usage: Chunk['usage'];
  return (line) => {
    // Comments keep a connection alive; `event:` and `id:` say nothing that counts here.
    if (/^(:|event:|id:|retry:)/.test(line)) return { type: 'nothing' };
    const data = /^data: ?(.*)$/.exec(line)?.[1]?.trim();
    if (data === '[DONE]') return { type: 'done', hasText: false, usage: usageOf(usage, doneReason) };
    const chunk = parse(data);
    if (!chunk)
      return { type: 'bad-line', message: `not an event of OpenAI's stream: ${line.slice(0, 200)}` };
    if (chunk.error) {
      return { type: 'error', message: typeof chunk.error === 'string' ? chunk.error : chunk.error.message };
    }
    usage = chunk.usage ?? usage;
    const choice = chunk.choices?.[0];
    doneReason = choice?.finish_reason ?? doneReason;
    const { content, reasoning_content, reasoning } = choice?.delta ?? {};
    return { type: choice?.text || content || reasoning_content || reasoning ? 'text' : 'nothing' };
  };
}

function parse(data: string | undefined): Chunk | undefined {
  try {
    return chunkSchema.safeParse(JSON.parse(data ?? '')).data;
  } catch {
    return undefined;
  }
}

function usageOf(usage: Chunk['usage'], doneReason: string | null): Usage {
  return {
    inputTokens: usage?.prompt_tokens ?? null,
    outputTokens: usage?.completion_tokens ?? null,
    doneReason,
    server: { totalMs: null, loadMs: null, promptEvalMs: null, evalMs: null },
  };
}
