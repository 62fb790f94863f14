/**
 * Writes a valid GGUF v3 file of a "llama" model with seeded random weights.
 *   node make-gguf.mjs OUT.gguf tiny|small|medium
 * The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { sizesOf } from './catalog.mjs';
import { BOS, bias, EOS, vocabulary } from './vocabulary.mjs';

const ALIGNMENT = 32;
const CONTEXT_LENGTH = 2048;
const CHAT_TEMPLATE =
  "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";

/** @returns {() => number} uniform numbers in [0, 1), always the same ones (mulberry32) */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// --- values of the header

const u32 = (value) => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
};
const u64 = (value) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
};
const string = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

/** Value types of GGUF metadata: number and encoding. */
const U32 = { id: 4, encode: u32 };
const I32 = { id: 5, encode: (value) => Buffer.from(Int32Array.of(value).buffer) };
const F32 = { id: 6, encode: (value) => Buffer.from(Float32Array.of(value).buffer) };
const BOOL = { id: 7, encode: (value) => Buffer.from([value ? 1 : 0]) };
const STRING = { id: 8, encode: string };
const ARRAY_ID = 9;

function metadata(name, sizes, vocab) {
  const pairs = [];
  const put = (key, type, value) =>
    pairs.push(Buffer.concat([string(key), u32(type.id), type.encode(value)]));
  const putArray = (key, type, values) =>
    pairs.push(
      Buffer.concat([
        string(key),
        u32(ARRAY_ID),
        u32(type.id),
        u64(values.length),
        ...values.map(type.encode),
      ]),
    );
  put('general.architecture', STRING, 'llama');
  put('general.name', STRING, `sbench-${name} (random weights)`);
  put('general.file_type', U32, sizes.type === 'q8_0' ? 7 : 0);
  put('general.quantization_version', U32, 2);
  put('general.alignment', U32, ALIGNMENT);
  put('llama.context_length', U32, CONTEXT_LENGTH);
  put('llama.embedding_length', U32, sizes.embedding);
  put('llama.block_count', U32, sizes.layers);
  put('llama.feed_forward_length', U32, sizes.feedForward);
  put('llama.attention.head_count', U32, sizes.heads);
  put('llama.attention.head_count_kv', U32, sizes.heads);
  put('llama.attention.layer_norm_rms_epsilon', F32, 1e-5);
  put('llama.rope.dimension_count', U32, sizes.embedding / sizes.heads);
  put('llama.vocab_size', U32, vocab.tokens.length);
  put('tokenizer.ggml.model', STRING, 'llama');
  putArray('tokenizer.ggml.tokens', STRING, vocab.tokens);
  putArray('tokenizer.ggml.scores', F32, vocab.scores);
  putArray('tokenizer.ggml.token_type', I32, vocab.types);
  put('tokenizer.ggml.bos_token_id', U32, BOS);
  put('tokenizer.ggml.eos_token_id', U32, EOS);
  put('tokenizer.ggml.unknown_token_id', U32, 0);
  put('tokenizer.ggml.add_bos_token', BOOL, true);
  put('tokenizer.ggml.add_eos_token', BOOL, false);
  put('tokenizer.chat_template', STRING, CHAT_TEMPLATE);
  return pairs;
}

// --- tensors

/**
 * The first number of the residual stream is a constant 1, which no layer changes; so the first column of the output
 * matrix is a bias per token.
 */
function tensors({ embedding, layers, feedForward, type }, vocab) {
  const list = [];
  const quantized = type === 'q8_0';
  const matrix = (name, columns, rows, scale, adjust) =>
    list.push({ name, shape: [columns, rows], scale, adjust, quantized });
  const ones = (name) => list.push({ name, shape: [embedding], quantized: false });
  const keepFirst = (row, values) => {
    if (row === 0) values.fill(0);
  };
  const scale = 1 / Math.sqrt(embedding);
  const size = vocab.tokens.length;
  matrix('token_embd.weight', embedding, size, 1, (_row, values) => {
    values[0] = 1;
  });
  ones('output_norm.weight');
  matrix('output.weight', embedding, size, 3 * scale, (row, values) => {
    values[0] = bias(vocab.tokens[row], vocab.types[row]);
  });
  for (let layer = 0; layer < layers; layer++) {
    const block = `blk.${layer}.`;
    ones(`${block}attn_norm.weight`);
    matrix(`${block}attn_q.weight`, embedding, embedding, scale);
    matrix(`${block}attn_k.weight`, embedding, embedding, scale);
    matrix(`${block}attn_v.weight`, embedding, embedding, scale);
    matrix(`${block}attn_output.weight`, embedding, embedding, scale, keepFirst);
    ones(`${block}ffn_norm.weight`);
    matrix(`${block}ffn_gate.weight`, embedding, feedForward, scale);
    matrix(`${block}ffn_up.weight`, embedding, feedForward, scale);
    matrix(`${block}ffn_down.weight`, feedForward, embedding, 1 / Math.sqrt(feedForward), keepFirst);
  }
  return list;
}

/** Bits of a small positive number as a 16 bit float (no denormals needed here). */
function float16(value) {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0];
  const exponent = ((bits >>> 23) & 255) - 112;
  return exponent <= 0 ? 0 : (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

const BLOCK = 32; // q8_0: 32 numbers share a scale
const rowBytes = (columns, quantized) => (quantized ? (columns / BLOCK) * (2 + BLOCK) : columns * 4);

function quantize(values) {
  const out = Buffer.alloc(rowBytes(values.length, true));
  for (let block = 0; block < values.length / BLOCK; block++) {
    const part = values.subarray(block * BLOCK, (block + 1) * BLOCK);
    const at = block * (2 + BLOCK);
    const step = part.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / 127;
    out.writeUInt16LE(float16(step), at);
    for (let i = 0; i < BLOCK; i++) {
      const level = step === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(part[i] / step)));
      out.writeInt8(level, at + 2 + i);
    }
  }
  return out;
}

const padding = (bytes) => (ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT;

/** Writes the file; it appears under its name only when it is complete. */
export function makeGguf(file, name) {
  const sizes = sizesOf(name);
  if (!sizes) throw new Error(`no such model: ${name}`);
  const vocab = vocabulary();
  const pairs = metadata(name, sizes, vocab);
  const all = tensors(sizes, vocab);

  let offset = 0;
  const infos = all.map(({ name: tensor, shape, quantized }) => {
    const [columns, rows = 1] = shape;
    const kind = quantized ? 8 : 0;
    const info = [string(tensor), u32(shape.length), ...shape.map(u64), u32(kind), u64(offset)];
    const bytes = rowBytes(columns, quantized) * rows;
    offset += bytes + padding(bytes);
    return Buffer.concat(info);
  });
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(all.length),
    u64(pairs.length),
    ...pairs,
    ...infos,
  ]);

  const random = randomNumbers(42);
  // Rows are cut from one table of roughly normal numbers: much faster than fresh ones for a big model.
  const table = Float32Array.from(
    { length: 65536 },
    () => (random() + random() + random() + random() - 2) * 1.732,
  );
  const partial = `${file}.${process.pid}.part`;
  const out = openSync(partial, 'w');
  const write = (buffer) => writeSync(out, buffer);
  write(header);
  write(Buffer.alloc(padding(header.length)));
  for (const { shape, scale, adjust, quantized } of all) {
    const [columns, rows = 1] = shape;
    let written = 0;
    for (let row = 0; row < rows; row++) {
      const values = new Float32Array(columns).fill(1);
      if (scale !== undefined) {
        const start = Math.floor(random() * 65536);
        for (let i = 0; i < columns; i++) values[i] = table[(start + i * 7) % 65536] * scale;
        adjust?.(row, values);
      }
      written += write(quantized ? quantize(values) : Buffer.from(values.buffer));
    }
    write(Buffer.alloc(padding(written)));
  }
  closeSync(out);
  renameSync(partial, file);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [file, name] = process.argv.slice(2);
  makeGguf(file, name);
  console.log(`${file}: ${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`);
}
