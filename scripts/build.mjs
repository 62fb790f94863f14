// `npm run build`: src → dist (tsc), the shell programs beside their readers, and the load generator as one file.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** One file for compute nodes that have nothing but Node.js. */
export const loadgenBundle = {
  entryPoints: [`${root}src/jobs/loadgen/main.ts`],
  outfile: `${root}dist/jobs/loadgen.mjs`,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  legalComments: 'none',
  define: { SBENCH_VERSION: JSON.stringify(version) },
  banner: {
    js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(`${root}dist`, { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.build.json`],
    {
      stdio: 'inherit',
    },
  );
  for (const folder of ['shared/slurm/remote', 'jobs/preamble', 'jobs/made', 'jobs/runtimes']) {
    for (const shell of readdirSync(`${root}src/${folder}`).filter((name) => name.endsWith('.sh'))) {
      cpSync(`${root}src/${folder}/${shell}`, `${root}dist/${folder}/${shell}`);
    }
  }
  await build(loadgenBundle);
  chmodSync(`${root}dist/cli/main.js`, 0o755);
}
