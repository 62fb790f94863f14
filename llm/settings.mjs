/** Ollama's environment variables, as Ollama reads them. */

/** OLLAMA_HOST: `host`, `host:port`, `:port`, `[::1]:port`, with or without `http://`. */
export function address(text = '') {
  const plain = text
    .trim()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '');
  const [, ipv6, name, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(plain) ?? [];
  return { host: ipv6 || name || '127.0.0.1', port: Number(port ?? 11434) };
}

const SECONDS = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Seconds from a number (of seconds) or a duration like `5m` or `1h30m`. Negative means for ever. */
export function duration(value, fallback = 300) {
  const text = String(value ?? '').trim();
  if (text === '') return fallback;
  if (Number.isFinite(Number(text))) return Number(text);
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  if (!parts.length) return fallback;
  const seconds = parts.reduce((sum, [, number, unit]) => sum + Number(number) * SECONDS[unit], 0);
  return text.startsWith('-') ? -seconds : seconds;
}

export function limits(env) {
  const number = (name, fallback) => {
    const value = Number.parseInt(env[name] ?? '', 10);
    return value > 0 ? value : fallback;
  };
  return {
    parallel: number('OLLAMA_NUM_PARALLEL', 1),
    maxQueue: number('OLLAMA_MAX_QUEUE', 512),
    keepAlive: duration(env.OLLAMA_KEEP_ALIVE),
    contextLength: number('OLLAMA_CONTEXT_LENGTH', 1024),
  };
}
