import { dirname, resolve } from 'node:path';
import { loadKinds } from '../producer/load-kinds.ts';
import type { PlanRequest } from '../producer/plan-session.ts';
import { ScriptFolders } from '../producer/scripts/script-folders.ts';
import { ownVersion } from '../producer/version.ts';
import { sshTargetOf } from '../shared/cluster/ssh-target-of.ts';
import { UsageError } from '../shared/errors.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { readTextFile } from '../shared/yaml/read-text-file.ts';
import { gitState } from './git-state.ts';
import type { Terminal } from './terminal.ts';

/** A recipe's file, or its files, and the options that change it, as a request for a plan. */
export async function planRequest(
  terminal: Terminal,
  settings: Settings,
  files: readonly string[],
  given: { set?: readonly string[]; label?: readonly string[] },
): Promise<Omit<PlanRequest, 'blobs' | 'folders'> & { folders: ScriptFolders }> {
  const [first = { text: '', file: '' }, ...more] = files.map((file) => ({
    text: readTextFile(resolve(terminal.cwd, file), file, 'recipe'),
    file,
  }));
  return {
    recipeText: first.text,
    file: first.file,
    more,
    settings,
    overrides: given.set,
    labels: readLabels(given.label ?? []),
    version: ownVersion(),
    git: await gitState(dirname(resolve(terminal.cwd, first.file))),
    factory: await loadKinds(settings),
    folders: new ScriptFolders(
      (file) => (files.includes(file) ? dirname(resolve(terminal.cwd, file)) : terminal.cwd),
      terminal.cwd,
    ),
    resolveTarget: (cluster) => sshTargetOf(cluster, terminal.home),
  };
}

function readLabels(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name = '', value = ''] = /^([^=\p{Cc}]{1,100})=([^\p{Cc}]{0,500})$/u.exec(pair) ?? [];
      if (name === '') throw new UsageError(`--label ${pair} is not of the form name=value`);
      return [name, value];
    }),
  );
}
