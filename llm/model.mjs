/**
 * Loaded models and text generation. A loaded model has a fixed number of slots (OLLAMA_NUM_PARALLEL): sequences of
 * one llama.cpp context, which are decoded together in batches. Requests beyond that wait their turn, first come
 * first served; beyond OLLAMA_MAX_QUEUE they are refused.
 */
import { getLlama } from 'node-llama-cpp';
import { fullName } from './catalog.mjs';
import { ApiError } from './store.mjs';

// One thread on purpose: with this binding a second one makes small models some 5 times slower, not faster.
const THREADS = 1;

const now = () => performance.now();
const nanoseconds = (milliseconds) => Math.round(milliseconds * 1e6);

export class Models {
  #loaded = new Map();

  /** @param {{parallel: number, maxQueue: number, keepAlive: number, contextLength: number}} limits */
  constructor(store, limits, llama) {
    this.store = store;
    this.limits = limits;
    this.llama = llama;
  }

  static async create(store, limits) {
    const llama = await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      maxThreads: THREADS,
    });
    return new Models(store, limits, llama);
  }

  /** The models in memory, for /api/ps. */
  async running() {
    const ready = [...this.#loaded.values()].filter((model) => model.slots);
    return Promise.all(
      ready.map(async (model) => {
        const { modified_at: _, ...info } = await this.store.info(model.name);
        const expires = new Date(Math.min(model.expires, Date.UTC(2300, 0))).toISOString();
        return { ...info, expires_at: expires, size_vram: 0, context_length: this.limits.contextLength };
      }),
    );
  }

  /** Loads the model unless it is; it stays for `keepAlive` seconds after its last use. */
  async load(name, keepAlive = this.limits.keepAlive) {
    const modelPath = this.store.file(name);
    const key = fullName(name);
    let model = this.#loaded.get(key);
    if (!model) {
      model = { name: key, waiting: [], busy: 0, expires: Number.POSITIVE_INFINITY };
      model.ready = this.#open(model, modelPath);
      model.ready.catch(() => this.#loaded.delete(key));
      this.#loaded.set(key, model);
    }
    await model.ready;
    this.#expireIn(model, keepAlive);
    return model;
  }

  async unload(name) {
    const model = this.#loaded.get(fullName(name));
    if (model && !model.busy && !model.waiting.length) await this.#close(model);
  }

  /**
   * Generates text; `onText` gets it piece by piece. An aborted `signal` (the client went away) ends it and frees
   * the slot. Returns the whole text with the figures that Ollama reports, all of them measured.
   */
  async generate({ name, prompt, options, keepAlive, signal, onText }) {
    const started = now();
    const model = await this.load(name, -1);
    const loaded = now();
    const slot = await this.#takeSlot(model, signal);
    try {
      const result = await this.#run(model, slot, prompt, options, signal, onText);
      return {
        ...result,
        total_duration: nanoseconds(now() - started),
        load_duration: nanoseconds(loaded - started),
      };
    } finally {
      this.#freeSlot(model, slot);
      this.#expireIn(model, keepAlive ?? this.limits.keepAlive);
    }
  }

  async #run(model, slot, prompt, options, signal, onText) {
    const { contextLength } = this.limits;
    await slot.clearHistory();
    let tokens = [model.model.tokens.bos, ...model.model.tokenize(prompt)];
    if (tokens.length > contextLength / 2) tokens = tokens.slice(-Math.floor(contextLength / 2));
    const room = contextLength - tokens.length;
    const limit = options.num_predict > 0 ? Math.min(options.num_predict, room) : room;
    const stops = [options.stop ?? []].flat();

    const started = now();
    let first = started;
    let recent = tokens.slice(-4); // what a token looks like depends on those before it
    let count = 0;
    let text = '';
    let sent = 0;
    let reason = 'stop';
    const send = async (end) => {
      if (end > sent) await onText(text.slice(sent, end));
      sent = Math.max(sent, end);
    };
    for await (const token of slot.evaluate(tokens, {
      temperature: options.temperature ?? 0.8,
      topK: options.top_k ?? 40,
      topP: options.top_p ?? 0.9,
      seed: options.seed,
    })) {
      if (count++ === 0) first = now();
      text += model.model.detokenize([token], false, recent);
      recent = [...recent, token].slice(-4);
      const stopAt = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
      if (stopAt.length) {
        text = text.slice(0, Math.min(...stopAt));
        break;
      }
      await send(text.length - heldBack(text, stops));
      if (signal.aborted) throw new ApiError(499, 'cancelled');
      if (count >= limit) {
        reason = 'length';
        break;
      }
    }
    await send(text.length);
    return {
      text,
      done_reason: reason,
      prompt_eval_count: tokens.length,
      prompt_eval_duration: nanoseconds(first - started),
      eval_count: count,
      eval_duration: nanoseconds(now() - first),
    };
  }

  async #open(model, modelPath) {
    const { contextLength, parallel } = this.limits;
    model.model = await this.llama.loadModel({ modelPath });
    model.context = await model.model.createContext({
      contextSize: contextLength,
      sequences: parallel,
      threads: THREADS,
      batching: { dispatchSchedule: 'nextCycle' },
    });
    model.slots = Array.from({ length: parallel }, () => model.context.getSequence());
  }

  async #close(model) {
    this.#loaded.delete(model.name);
    clearTimeout(model.timer);
    await model.context.dispose();
    await model.model.dispose();
  }

  /** A negative number of seconds: for ever. */
  #expireIn(model, seconds) {
    clearTimeout(model.timer);
    model.expires = seconds < 0 ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1000;
    if (seconds < 0) return;
    model.timer = setTimeout(
      () => void this.unload(model.name),
      Math.min(seconds * 1000, 2 ** 31 - 1),
    ).unref();
  }

  #takeSlot(model, signal) {
    if (signal.aborted) throw new ApiError(499, 'cancelled');
    if (model.slots.length) {
      model.busy++;
      return model.slots.pop();
    }
    if (model.waiting.length >= this.limits.maxQueue) {
      throw new ApiError(503, 'server busy, please try again.  maximum pending requests exceeded');
    }
    return new Promise((resolve, reject) => {
      const waiting = { resolve };
      model.waiting.push(waiting);
      signal.addEventListener('abort', () => {
        const at = model.waiting.indexOf(waiting);
        if (at < 0) return;
        model.waiting.splice(at, 1);
        reject(new ApiError(499, 'cancelled'));
      });
    });
  }

  #freeSlot(model, slot) {
    const next = model.waiting.shift();
    if (next) return next.resolve(slot); // it stays busy, for another request
    model.busy--;
    model.slots.push(slot);
  }
}

/** How many characters at the end of `text` may turn out to be the beginning of a stop sequence. */
function heldBack(text, stops) {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
