/** The models on disk (folder OLLAMA_MODELS), and what the API tells about them. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fileOf, fullName, sizesOf } from './catalog.mjs';
import { vocabulary } from './vocabulary.mjs';

/** An error that the API answers with this HTTP status. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const notFound = (name) => new ApiError(404, `model '${name}' not found`);

export class Store {
  #digests = new Map();

  constructor(folder) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** The path of a model's file; throws 404 when it is not here. */
  file(name) {
    const file = path.join(this.folder, fileOf(name));
    if (!existsSync(file)) throw notFound(name);
    return file;
  }

  async list() {
    const files = readdirSync(this.folder).filter((file) => file.endsWith('.gguf'));
    return Promise.all(files.sort().map((file) => this.info(file.slice(0, -'.gguf'.length))));
  }

  async info(name) {
    const file = this.file(name);
    const { size, mtime } = statSync(file);
    return {
      name: fullName(name),
      model: fullName(name),
      modified_at: mtime.toISOString(),
      size,
      digest: await this.#digest(file, mtime),
      details: details(name),
    };
  }

  remove(name) {
    rmSync(this.file(name));
  }

  /** Makes the model if need be; `report` gets the messages that Ollama would send. */
  async pull(name, report) {
    report({ status: 'pulling manifest' });
    if (!sizesOf(name)) throw new ApiError(500, 'pull model manifest: file does not exist');
    const file = path.join(this.folder, fileOf(name));
    if (!existsSync(file)) {
      // In a process of its own: a big one takes seconds, and the server has requests to answer meanwhile.
      const script = fileURLToPath(new URL('./make-gguf.mjs', import.meta.url));
      await promisify(execFile)(process.execPath, [script, file, name]);
    }
    const { digest, size } = await this.info(name);
    for (const completed of [0, size]) {
      report({
        status: `pulling ${digest.slice(0, 12)}`,
        digest: `sha256:${digest}`,
        total: size,
        completed,
      });
    }
    for (const status of ['verifying sha256 digest', 'writing manifest', 'success']) report({ status });
  }

  async #digest(file, mtime) {
    const key = `${file} ${mtime.getTime()}`;
    if (!this.#digests.has(key)) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(file), hash);
      this.#digests.set(key, hash.digest('hex'));
    }
    return this.#digests.get(key);
  }
}

function details(name) {
  const base = { parent_model: '', format: 'gguf', family: 'llama', families: ['llama'] };
  const sizes = sizesOf(name);
  if (!sizes) return { ...base, parameter_size: '', quantization_level: 'unknown' };
  const { embedding, layers, feedForward, type } = sizes;
  const perLayer = 4 * embedding ** 2 + 3 * embedding * feedForward + 2 * embedding;
  const parameters = layers * perLayer + 2 * vocabulary().tokens.length * embedding + embedding;
  return {
    ...base,
    parameter_size: `${(parameters / 1e6).toFixed(2)}M`,
    quantization_level: type.toUpperCase(),
  };
}
