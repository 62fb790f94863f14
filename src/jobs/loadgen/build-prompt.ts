import { createHash } from 'node:crypto';

/**
 * The prompt of one request. The nonce stands in front, because a prefix cache serves everything up to the first
 * difference. It follows from the run's own id: no two runs against one warm server share it, and whoever has the
 * result can build the same prompts again. Its length is constant, so that prompts stay equally long.
 */
export function buildPrompt(prompt: string, nonce: { runId: string; point: number; index: number }): string {
  const hex = createHash('sha256').update(`${nonce.runId}/${nonce.point}/${nonce.index}`).digest('hex');
  return `[${hex.slice(0, 16)}] ${prompt}`;
}
