import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitState } from '../../src/cli/git-state.ts';

test('commit and whether the recipe’s own folder was changed since; nothing without git', async () => {
  const top = mkdtempSync(join(tmpdir(), 'sbench-git-'));
  try {
    const git = (...words: string[]) =>
      execFileSync('git', ['-C', top, ...words], { encoding: 'utf8' }).trim();
    mkdirSync(join(top, 'recipes'));
    writeFileSync(join(top, 'recipes/a.yaml'), 'version: 1\n');
    expect(await gitState(join(top, 'recipes'))).toBeUndefined();
    git('init', '-q');
    expect(await gitState(join(top, 'recipes'))).toBeUndefined();
    git('add', '.');
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'first');
    const commit = git('rev-parse', 'HEAD');
    writeFileSync(join(top, 'elsewhere'), '');
    expect(await gitState(join(top, 'recipes'))).toEqual({ commit, dirty: false });
    writeFileSync(join(top, 'recipes/a.yaml'), 'version: 1\nname: x\n');
    expect(await gitState(join(top, 'recipes'))).toEqual({ commit, dirty: true });
    expect(await gitState(join(top, 'nowhere'))).toBeUndefined();
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
});
