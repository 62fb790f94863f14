/**
 * An Ollama-compatible HTTP server on llama.cpp: the part of Ollama's API that benchmarks use. It is not Ollama and
 * says so (/api/version). Usage, as with Ollama: `server.mjs serve`, configured by OLLAMA_* environment variables.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { fullName } from './catalog.mjs';
import { Models } from './model.mjs';
import { chatPrompt, openAiError, openAiRoutes } from './openai.mjs';
import { address, duration, limits } from './settings.mjs';
import { ApiError, Store } from './store.mjs';

const engine = JSON.parse(
  readFileSync(new URL('./node_modules/node-llama-cpp/package.json', import.meta.url)),
);
const VERSION = '0.0.0-sbench-compatible';
const SERVER = `Ollama-compatible server of sbench (llama.cpp by node-llama-cpp ${engine.version})`;

/** One request: its body, and the ways to answer. */
class Exchange {
  constructor(response, body, signal) {
    this.response = response;
    this.body = body;
    this.signal = signal;
  }

  json(value, status = 200) {
    this.response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    this.response.end(JSON.stringify(value));
  }

  /** Writes a part of a streamed answer; waits while the client is slower than the model. */
  async write(contentType, text) {
    const { response } = this;
    if (response.destroyed) return; // it would never drain
    if (!response.headersSent) response.writeHead(200, { 'content-type': contentType });
    if (response.write(text)) return;
    await new Promise((resolve) => {
      response.once('drain', resolve);
      response.once('close', resolve);
    });
  }

  line(value) {
    return this.write('application/x-ndjson', `${JSON.stringify(value)}\n`);
  }
}

/** /api/generate and /api/chat differ in how the prompt comes in and where the text goes out. */
function generation(models, toPrompt, toText) {
  return async (exchange) => {
    const { body, signal } = exchange;
    const name = modelOf(body);
    const keepAlive = body.keep_alive === undefined ? undefined : duration(body.keep_alive);
    const record = (text, more) => ({
      model: name,
      created_at: new Date().toISOString(),
      ...toText(text),
      done: false,
      ...more,
    });
    const prompt = toPrompt(body);
    if (prompt === '') {
      // an empty request loads the model, or unloads it
      if (keepAlive === 0) await models.unload(name);
      else await models.load(name, keepAlive);
      return exchange.json(record('', { done: true, done_reason: keepAlive === 0 ? 'unload' : 'load' }));
    }
    const streamed = body.stream !== false;
    const { text, ...figures } = await models.generate({
      name,
      prompt,
      options: body.options ?? {},
      keepAlive,
      signal,
      onText: (piece) => (streamed ? exchange.line(record(piece)) : undefined),
    });
    if (!streamed) return exchange.json(record(text, { done: true, ...figures }));
    await exchange.line(record('', { done: true, ...figures }));
    exchange.response.end();
  };
}

function modelOf(body) {
  const name = body.model ?? body.name;
  if (typeof name !== 'string' || name === '') throw new ApiError(400, 'model is required');
  return name;
}

function routes(store, models) {
  const alive = ({ response }) => response.end('Ollama is running');
  return {
    'GET /': alive,
    'HEAD /': alive,
    'GET /api/version': (exchange) => exchange.json({ version: VERSION, server: SERVER }),
    'GET /api/tags': async (exchange) => exchange.json({ models: await store.list() }),
    'GET /api/ps': async (exchange) => exchange.json({ models: await models.running() }),
    'POST /api/show': async (exchange) => {
      const { details } = await store.info(modelOf(exchange.body));
      exchange.json({
        details,
        model_info: { 'general.architecture': 'llama' },
        capabilities: ['completion'],
      });
    },
    'DELETE /api/delete': async ({ body, response }) => {
      const name = modelOf(body);
      store.file(name);
      await models.unload(name);
      store.remove(name);
      response.end();
    },
    'POST /api/pull': async (exchange) => {
      const streamed = exchange.body.stream !== false;
      const name = fullName(modelOf(exchange.body));
      await store.pull(name, (message) => (streamed ? exchange.line(message) : undefined));
      if (streamed) exchange.response.end();
      else exchange.json({ status: 'success' });
    },
    'POST /api/generate': generation(
      models,
      ({ system, prompt = '' }) => (system && prompt ? `${system}\n${prompt}` : prompt),
      (text) => ({ response: text }),
    ),
    'POST /api/chat': generation(
      models,
      ({ messages = [] }) => (messages.length ? chatPrompt(messages) : ''),
      (text) => ({ message: { role: 'assistant', content: text } }),
    ),
    ...openAiRoutes(store, models, modelOf),
  };
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  try {
    const body = text === '' ? {} : JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body;
  } catch {}
  throw new ApiError(400, 'the body is not a JSON object');
}

function fail(response, pathname, error) {
  if (response.destroyed || error.status === 499) return;
  if (!error.status) console.error(error);
  const body = pathname.startsWith('/v1/') ? openAiError(error) : { error: error.message };
  if (response.headersSent) return response.end(`${JSON.stringify(body)}\n`);
  response.writeHead(error.status ?? 500, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

async function serve() {
  const store = new Store(process.env.OLLAMA_MODELS ?? fileURLToPath(new URL('./models', import.meta.url)));
  const models = await Models.create(store, limits(process.env));
  const table = routes(store, models);
  const server = http.createServer(async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const { pathname } = new URL(request.url, 'http://server');
    try {
      const route = table[`${request.method} ${pathname}`];
      if (!route) throw new ApiError(404, '404 page not found');
      await route(new Exchange(response, await readBody(request), gone.signal));
    } catch (error) {
      fail(response, pathname, error);
    }
  });
  const { host, port } = address(process.env.OLLAMA_HOST);
  server.on('error', (error) => {
    console.error(`Error: listen tcp ${host}:${port}: ${error.message}`);
    process.exit(1);
  });
  server.listen(port, host, () => console.log(`Listening on ${host}:${port} (${SERVER})`));
  // like Ollama's: exit status 0
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
}

if (process.argv[2] === 'serve') await serve();
else if (process.argv[2] === '--version') console.log(`${VERSION} (${SERVER})`);
else {
  console.error('usage: ollama-compatible serve | --version');
  process.exitCode = 1;
}
