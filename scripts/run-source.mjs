import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Runs a TypeScript program of the repository, from its sources as they are; resolves to its exit code. */
export async function runSource(entry, args) {
  const cache = path.join(REPO, 'node_modules', '.cache', 'sbench');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'source-'));
  try {
    const outfile = path.join(folder, 'main.mjs');
    await build({
      entryPoints: [path.join(REPO, entry)],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node20',
      format: 'esm',
      // A bundle lies elsewhere than its source.
      define: { 'import.meta.dirname': JSON.stringify(path.join(REPO, 'test/loadgen')) },
    });
    const child = spawn(process.execPath, [outfile, ...args], { cwd: REPO, stdio: 'inherit' });
    return await new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
