import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { type LoadgenConfig, loadgenConfigSchema } from './config.ts';
import { readPromptFile } from './prompts/prompt-file.ts';
import { readTrace } from './schedule/read-trace.ts';

export const USAGE =
  'usage: node loadgen.mjs --config FILE --url http://HOST:PORT --out DIR [--progress FILE] [--before FILE] [--files DIR]';

/** Thrown when the command line or the config file is wrong; the message is for the person who wrote it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Command {
  readonly config: LoadgenConfig;
  readonly url: URL;
  readonly outFolder: string;
  readonly progressFile: string | undefined;
  /** The `result.json` of an interrupted run of the same config. */
  readonly beforeFile: string | undefined;
  /** Where the files that the config names lie. */
  readonly filesFolder: string;
}

export function readCommandLine(argv: readonly string[]): Command {
  const { config, url, out, progress, before, files = '.' } = parseOptions(argv);
  if (!config || !url || !out) throw new UsageError(`--config, --url and --out are needed\n${USAGE}`);
  return {
    config: readConfig(config, files),
    filesFolder: files,
    url: parseUrl(url),
    outFolder: out,
    progressFile: progress,
    beforeFile: before,
  };
}

function parseOptions(argv: readonly string[]) {
  try {
    const type = 'string';
    return parseArgs({
      args: [...argv],
      options: {
        config: { type },
        url: { type },
        out: { type },
        progress: { type },
        before: { type },
        files: { type },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

function readConfig(file: string, filesFolder: string): LoadgenConfig {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`cannot read the config ${file}: ${(error as Error).message}`);
  }
  const config = loadgenConfigSchema.safeParse(parsed);
  if (!config.success) throw new UsageError(`the config ${file} is wrong:\n${z.prettifyError(config.error)}`);
  checkFiles(config.data, filesFolder);
  return config.data;
}

/** Before anything is measured: a prompt that cannot be read must not be found out by a thread. */
function checkFiles({ prompts, points }: LoadgenConfig, folder: string): void {
  try {
    for (const source of [prompts, ...points.map((point) => point.prompts)]) {
      if (source?.from === 'file') readPromptFile(join(folder, source.file));
    }
    for (const { load } of points) {
      if (load.is === 'open' && load.load.open === 'replay') readTrace(join(folder, load.load.file));
    }
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.username) {
    throw new UsageError(`--url must look like http://HOST:PORT, without a path, not ${text}`);
  }
  return url;
}
