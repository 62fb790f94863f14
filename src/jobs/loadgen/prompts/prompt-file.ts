import { readFileSync } from 'node:fs';
import * as z from 'zod';

/** One line of a prompt file. */
const lineSchema = z.object({
  prompt: z.string().min(1),
  max_tokens: z.int().positive().optional(),
});
export type FilePrompt = z.infer<typeof lineSchema>;

/** Thrown when a prompt file is wrong; says which line. */
export class PromptFileError extends Error {}

/** Reads `{"prompt": "…", "max_tokens": 100}` lines. */
export function readPromptFile(file: string): FilePrompt[] {
  return parsePrompts(readFileSync(file, 'utf8'), file);
}

/** @throws PromptFileError that names the line. */
export function parsePrompts(text: string, file: string): FilePrompt[] {
  const prompts = text
    .split('\n')
    .flatMap((line, at) => (line.trim() === '' ? [] : [readLine(line, `${file}:${at + 1}`)]));
  if (prompts.length === 0) throw new PromptFileError(`${file} holds no prompt`);
  return prompts;
}

function readLine(line: string, place: string): FilePrompt {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new PromptFileError(`${place} is not JSON: ${(error as Error).message}`);
  }
  const parsed = lineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PromptFileError(`${place} needs "prompt": "text", and may have "max_tokens": a number`);
}
