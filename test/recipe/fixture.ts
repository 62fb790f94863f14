import { planSession } from '../../src/producer/plan-session.ts';
import { ScriptFolders } from '../../src/producer/scripts/script-folders.ts';
import type { Plan } from '../../src/shared/plan/plan.ts';
import type { ClusterSettings, Settings } from '../../src/shared/settings/settings.ts';
import { type Problem, RecipeError } from '../../src/shared/yaml/problem.ts';

export function settingsWith(cluster: Partial<ClusterSettings> = {}): Settings {
  const local: ClusterSettings = {
    name: 'local',
    hostname: 'login',
    username: 'hpc',
    workdir: '.sbench',
    variables: { LLM: '$HOME/llm' },
    modules: [],
    defaults: {},
    presets: {},
    container: { runtime: 'none', args: [] },
    cache: '$HOME/.sbench/cache',
    stage: { where: 'login', resources: {} },
    ...cluster,
  };
  return { clusters: { local }, redis: 'redis://127.0.0.1:6379', origins: {} };
}

interface Request {
  set?: string[];
  cluster?: Partial<ClusterSettings>;
  settings?: Settings;
  preamble?: string;
  labels?: Record<string, string>;
  /** Of the files that the recipe names. */
  folder?: string;
}

export const LOADGEN = { sha256: 'a'.repeat(64), bytes: 1234 };

export function planOf(recipe: string | object, request: Request = {}): Plan {
  return planSession({
    // JSON is YAML, and needs no quoting rules of its own.
    recipeText: typeof recipe === 'string' ? recipe : JSON.stringify(recipe),
    file: 'r.yaml',
    settings: request.settings ?? settingsWith(request.cluster),
    overrides: request.set ?? [],
    labels: request.labels ?? {},
    version: '0.1.0',
    blobs: { loadgen: LOADGEN },
    preamble: request.preamble ?? '# the preamble',
    ...(request.folder === undefined
      ? {}
      : { folders: new ScriptFolders(() => request.folder ?? '', request.folder) }),
  });
}

export function problemsOf(run: () => unknown): readonly Problem[] {
  try {
    run();
  } catch (error) {
    if (error instanceof RecipeError) return error.problems;
    throw error;
  }
  return [];
}

export const messagesOf = (run: () => unknown): string[] =>
  problemsOf(run).map(({ file, line, column, message }) =>
    line > 0 ? `${file}:${line}:${column} ${message}` : `${file}: ${message}`,
  );

export const SERVICE = { type: 'ollama', model: 'tiny' };
