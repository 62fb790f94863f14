import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { LoadgenConfigInput } from '../../src/jobs/loadgen/config.ts';
import { requestRecordSchema } from '../../src/shared/result/request-record.ts';
import { resultSchema } from '../../src/shared/result/result.ts';

/** Bundles the load generator as it goes to the compute node, into `folder`; returns the path of the one file. */
export async function bundleLoadgen(folder: string): Promise<string> {
  const outfile = join(folder, 'loadgen.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/jobs/loadgen/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    legalComments: 'none',
    define: { SBENCH_VERSION: '"1.2.3-test"' },
    // undici is CommonJS and asks for node's modules with `require`, which an ES module does not have.
    banner: {
      js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

interface Given extends Partial<Omit<LoadgenConfigInput, 'v' | 'points'>> {
  concurrency?: number[];
  requests?: number | undefined;
  durationS?: number;
  text?: string;
  /** Of Ollama. */
  options?: Record<string, unknown>;
}

/** A closed loop against Ollama's generate: what a test is not about. */
export function smallConfig({
  concurrency = [1],
  text = 'Hello',
  options,
  ...given
}: Given = {}): LoadgenConfigInput {
  const { requests = given.durationS === undefined ? 4 : undefined, durationS, ...config } = given;
  return {
    v: 2,
    protocol: { speaks: 'ollama', api: 'generate', model: 'm', ...(options ? { options } : {}) },
    prompts: { from: 'text', text },
    maxTokens: 8,
    points: concurrency.map((each) => ({
      name: `concurrency ${each}`,
      load: { is: 'closed', concurrency: each, requests, durationS },
    })),
    ...config,
  };
}

/** Starts the bundled program on a config, as the batch script does. Its files live beside the bundle. */
export function startProgram(
  bundle: string,
  config: unknown,
  url: string,
  more: readonly string[] = [],
  /** Words before the program: what pins it to a core. */
  before: readonly string[] = [],
) {
  const folder = mkdtempSync(join(dirname(bundle), 'run-'));
  const [configFile, out, progress] = ['config.json', 'out', 'progress.json'].map((name) =>
    join(folder, name),
  );
  writeFileSync(configFile as string, typeof config === 'string' ? config : JSON.stringify(config));
  const argv = ['--config', configFile, '--url', url, '--out', out, '--progress', progress] as string[];
  const [program, ...words] = [...before, process.execPath, bundle, ...argv, ...more] as [
    string,
    ...string[],
  ];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));

  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    child,
    resultFile: join(folder, 'out/result.json'),
    /** Resolves when the program has ended and its output is complete. */
    ended: new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    }),
    result: () => resultSchema.parse(JSON.parse(read('out/result.json'))),
    records: () =>
      read('out/requests.jsonl')
        .trimEnd()
        .split('\n')
        .map((line) => requestRecordSchema.parse(JSON.parse(line))),
    progress: () => JSON.parse(read('progress.json')) as Record<string, unknown>,
    wroteAnything: () => existsSync(join(folder, 'out')),
  };
}
