/**
 * The models that can be had. Where Ollama has a registry, this server has a generator: the weights are random
 * (seeded, so every machine gets the same file and the same digest). The text that comes out is word salad, but it
 * takes the real work of the real engine to make it: the sizes give clearly different speeds.
 */
export const CATALOG = {
  tiny: { embedding: 64, layers: 2, heads: 4, feedForward: 128, type: 'f32' },
  small: { embedding: 512, layers: 8, heads: 8, feedForward: 1376, type: 'q8_0' },
  medium: { embedding: 1024, layers: 16, heads: 16, feedForward: 2816, type: 'q8_0' },
};

/** As in Ollama, a name without a tag means its `latest`. */
export function fullName(name) {
  return String(name).includes(':') ? String(name) : `${name}:latest`;
}

/** The sizes of a model, or undefined when the catalog has none of that name. */
export function sizesOf(name) {
  const [family, tag] = fullName(name).split(':');
  return tag === 'latest' && Object.hasOwn(CATALOG, family) ? CATALOG[family] : undefined;
}

/** The file of a model inside the models folder. */
export function fileOf(name) {
  return `${fullName(name).replace(/[^\w.:-]/g, '_')}.gguf`;
}
