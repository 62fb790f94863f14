import * as z from 'zod';
import type { LoadgenConfig } from './config.ts';
import type { Protocol, StreamEvent, Usage } from './protocol.ts';

const tokens = z.int().nonnegative().optional();
const nanoseconds = z.number().nonnegative().optional();

/** A line of `POST /api/generate`. Counters are left out when 0 or unknown; durations are nanoseconds. */
const lineSchema = z.object({
  response: z.string().optional(),
  thinking: z.string().optional(),
  error: z.string().optional(),
  done: z.boolean().optional(),
  done_reason: z.string().optional(),
  prompt_eval_count: tokens,
  eval_count: tokens,
  total_duration: nanoseconds,
  load_duration: nanoseconds,
  prompt_eval_duration: nanoseconds,
  eval_duration: nanoseconds,
});
type Line = z.infer<typeof lineSchema>;

/** Ollama's native text generation: one JSON object per line, the last one `done` with the server's counts. */
export function ollamaGenerate(config: LoadgenConfig): Protocol {
  const options = { num_predict: config.maxTokens, temperature: config.temperature, seed: config.seed };
  return {
    path: '/api/generate',
    requestBody: (prompt) => JSON.stringify({ model: config.model, prompt, stream: true, options }),
    newReader: () => readLine,
  };
}

function readLine(text: string): StreamEvent {
  const line = parseLine(text);
  if (!line) return { type: 'bad-line', message: `not a line of Ollama's stream: ${text.slice(0, 200)}` };
  if (line.error !== undefined) return { type: 'error', message: line.error };
  // Thinking is output too: eval_count counts it, and leaving it out would make the first token late.
  const hasText = Boolean(line.response || line.thinking);
  if (line.done) return { type: 'done', hasText, usage: usageOf(line) };
  return { type: hasText ? 'text' : 'nothing' };
}

function parseLine(text: string): Line | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function usageOf(line: Line): Usage {
  const milliseconds = (ns: number | undefined) => (ns === undefined ? null : ns / 1e6);
  return {
    inputTokens: line.prompt_eval_count ?? null,
    outputTokens: line.eval_count ?? null,
    doneReason: line.done_reason ?? null,
    server: {
      totalMs: milliseconds(line.total_duration),
      loadMs: milliseconds(line.load_duration),
      promptEvalMs: milliseconds(line.prompt_eval_duration),
      evalMs: milliseconds(line.eval_duration),
    },
  };
}
