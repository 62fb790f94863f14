import * as z from 'zod';
import type { StreamEvent, Usage } from '../answer/stream-event.ts';

const tokens = z.int().nonnegative().optional();
const nanoseconds = z.number().nonnegative().optional();

/** A line of Ollama's `/api/generate` and `/api/chat`. Counters are left out when 0 or unknown. */
const lineSchema = z.object({
  response: z.string().optional(),
  thinking: z.string().optional(),
  message: z.object({ content: z.string().optional(), thinking: z.string().optional() }).optional(),
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

/** One JSON object per line, the last one `done` with the server's counts. */
export function readOllamaLine(text: string): StreamEvent {
  const line = parse(text);
  if (!line) return { type: 'bad-line', message: `not a line of Ollama's stream: ${text.slice(0, 200)}` };
  if (line.error !== undefined) return { type: 'error', message: line.error };
  // Thinking is output too: eval_count counts it, and leaving it out would make the first token late.
  const hasText = Boolean(line.response || line.thinking || line.message?.content || line.message?.thinking);
  if (line.done) return { type: 'usage', hasText, usage: { ...usageOf(line), done: true } };
  return { type: hasText ? 'text' : 'nothing' };
}

function parse(text: string): Line | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function usageOf(line: Line): Usage {
  return defined({
    inputTokens: line.prompt_eval_count,
    outputTokens: line.eval_count,
    doneReason: line.done_reason,
    totalMs: milliseconds(line.total_duration),
    loadMs: milliseconds(line.load_duration),
    promptMs: milliseconds(line.prompt_eval_duration),
    evalMs: milliseconds(line.eval_duration),
  });
}

/** Ollama's durations are nanoseconds. */
export const milliseconds = (ns: number | undefined): number | undefined =>
  ns === undefined ? undefined : ns / 1e6;

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
/** Without the members that are unknown. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
