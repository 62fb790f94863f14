import { request } from 'undici';
import { describeError } from './engine/lane.ts';

export type ServerAnswer =
  | { readonly reachable: true; readonly version: string | null }
  | { readonly reachable: false; readonly why: string };

/**
 * Asks `GET /api/version`, which Ollama has, then `GET /version`, which vLLM has. Any HTTP answer at all means
 * reachable; the version is null when none holds one.
 */
export async function readServerVersion(origin: URL, signal: AbortSignal): Promise<ServerAnswer> {
  const answer = await ask('/api/version', origin, signal);
  return answer.reachable && answer.version === null ? ask('/version', origin, signal) : answer;
}

async function ask(path: string, origin: URL, signal: AbortSignal): Promise<ServerAnswer> {
  let text: string;
  try {
    const answer = await request(new URL(path, origin), {
      signal,
      headersTimeout: 10_000,
      bodyTimeout: 10_000,
    });
    text = await answer.body.text();
  } catch (error) {
    return { reachable: false, why: describeError(error as Error) };
  }
  try {
    const { version } = JSON.parse(text) as { version?: unknown };
    return { reachable: true, version: typeof version === 'string' ? version : null };
  } catch {
    return { reachable: true, version: null };
  }
}
