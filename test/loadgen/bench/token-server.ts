import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { doneLine, textLine } from '../scripted-server.ts';

const LINE = textLine('word ');

/** Speaks Ollama's protocol: every stream gets a token each `everyMs`, `tokens` of them. */
export async function startTokenServer(everyMs: number, tokens: number) {
  const http = createServer((request, response) => {
    if (request.url === '/api/version') return response.end('{"version":"9.9.9"}');
    request.resume();
    let sent = 0;
    const timer = setInterval(() => {
      response.write(LINE);
      if (++sent < tokens) return;
      clearInterval(timer);
      response.end(doneLine(tokens));
    }, everyMs);
    response.on('close', () => clearInterval(timer));
  });
  http.listen(0, '127.0.0.1');
  await new Promise((resolve) => http.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close() {
      http.close();
      http.closeAllConnections();
    },
  };
}
