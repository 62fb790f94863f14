import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** One request as the server saw it. */
export interface Heard {
  /** Order of arrival, from 0. */
  readonly index: number;
  readonly prompt: string;
  readonly body: Record<string, unknown>;
}

export interface ScriptedServer {
  readonly url: string;
  readonly heard: readonly Heard[];
  /** The most requests that were unanswered at one time. */
  readonly mostAtOnce: () => number;
  /** Resolves when so many requests have arrived. */
  heardAtLeast(count: number): Promise<void>;
  /** Stops listening and cuts every connection, like a server that dies. */
  die(): void;
}

/** Speaks Ollama's protocol; `answer` decides, request by request, what happens. */
export async function startScriptedServer(
  answer: (response: ServerResponse, request: Heard, server: ScriptedServer) => Promise<void> | void,
): Promise<ScriptedServer> {
  const heard: Heard[] = [];
  const waiting = new Set<() => void>();
  let open = 0;
  let most = 0;
  const http = createServer(async (request, response) => {
    if (request.url === '/api/version') return response.end('{"version":"9.9.9"}');
    let raw = '';
    for await (const chunk of request) raw += chunk;
    const body = JSON.parse(raw) as Record<string, unknown>;
    const one = { index: heard.length, prompt: String(body.prompt), body };
    heard.push(one);
    most = Math.max(most, ++open);
    response.on('close', () => open--);
    for (const check of waiting) check();
    await answer(response, one, server);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: ScriptedServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    heard,
    mostAtOnce: () => most,
    heardAtLeast: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (heard.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    die() {
      http.close();
      http.closeAllConnections();
    },
  };
  return server;
}

export const textLine = (text: string) => `${JSON.stringify({ response: text, done: false })}\n`;
export const doneLine = (tokens: number) =>
  `${JSON.stringify({ response: '', done: true, done_reason: 'length', eval_count: tokens, prompt_eval_count: 3 })}\n`;

/** A good answer: the first token after `ttftMs`, the others `gapMs` apart. */
export async function speak(
  response: ServerResponse,
  { tokens = 3, ttftMs = 0, gapMs = 0 }: { tokens?: number; ttftMs?: number; gapMs?: number } = {},
): Promise<void> {
  await delay(ttftMs);
  for (let token = 0; token < tokens; token++) {
    if (token > 0) await delay(gapMs);
    response.write(textLine(`wörd${token} `));
  }
  response.end(doneLine(tokens));
}
