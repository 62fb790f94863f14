import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCli } from '../../src/cli/run-cli.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** Ctrl-C. */
  interrupt?: AbortController;
  /** Somebody sits there and answers. */
  ask?: (question: string) => Promise<string | undefined>;
  onOutput?: (so: { out: string; err: string }) => void;
}

/** A folder with a configuration and a recipe, and the command line run in it without a process of its own. */
export interface Workplace {
  folder: string;
  write(name: string, text: string): string;
  sbench(argv: string[], options?: RunOptions): Promise<Ran>;
  remove(): void;
}

export const CLUSTER = '{hostname: login.example, port: 2222, username: alice, variables: {LLM: /opt/llm}}';

export const RECIPE = `version: 1
name: tiny
service:
  type: ollama
  model: tiny
  resources: {partition: gpu, gpus: 2, nodes: 1, time: 30m}
client:
  parameters: {max_tokens: 8, requests: 4}
  sweep: {concurrency: [1, 2]}
  resources: {partition: cpu, time: 15m}
`;

export function workplace(configuration: string): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'sbench-cli-'));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  write('sbench.config.yaml', configuration);
  write('recipe.yaml', RECIPE);
  return {
    folder,
    write,
    async sbench(argv, { env = {}, interrupt = new AbortController(), ask, onOutput } = {}) {
      const so = { out: '', err: '' };
      const add = (where: 'out' | 'err') => (text: string) => {
        so[where] += `${text}\n`;
        onOutput?.(so);
      };
      const code = await runCli(argv, {
        print: add('out'),
        say: add('err'),
        ...(ask ? { ask } : {}),
        color: false,
        env,
        cwd: folder,
        home: folder,
        interrupted: () => interrupt.signal,
      });
      return { code, ...so };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
