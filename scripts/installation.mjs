/**
 * An installation of sbench on the test bed, as a person would write it: the configuration, a worker, and sessions that
 * are watched to their end. For the quickstart and the tour, which run what was built (dist/).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPO = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MAIN = path.join(REPO, 'dist', 'cli', 'main.js');

/**
 * Kept after the run, so that `sbench` can be tried with it.
 * @param {string} name of the file, in .sbench/
 * @param {{by: string, clusters: object[], redis: {socket: string}, variables: Record<string, string>, more?: string}} made
 *   `clusters` as setUp() tells of them; `more`: further lines of each
 */
export function writeConfiguration(name, { by, clusters, redis, variables, more = '' }) {
  const folder = path.join(REPO, '.sbench');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  const sections = clusters.map(
    (cluster) => `  ${cluster.name}:
    hostname: ${cluster.host}
    port: ${cluster.port}
    username: ${cluster.user}
    key_filename: ${JSON.stringify(cluster.key)}
    known_hosts: ${JSON.stringify(cluster.knownHosts)}
    variables: ${JSON.stringify(variables)}
${more}`,
  );
  const text = `# Written by ${by}.
default_cluster: ${clusters[0].name}
clusters:
${sections.join('')}redis: unix://${redis.socket}
results: ${JSON.stringify(path.join(REPO, 'results'))}
`;
  writeFileSync(file, text);
  return file;
}

/** @returns {Promise<{stop: () => Promise<void>}>} once it serves, or has failed to */
export async function startWorker(config, log) {
  const child = spawn(process.execPath, [MAIN, 'worker', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Its log is for operators; here it matters only when something goes wrong.
  let lines = '';
  const ready = new Promise((resolve) => {
    child.stderr.on('data', (chunk) => {
      lines = (lines + chunk).slice(-4000);
      if (lines.includes('worker ready')) resolve();
    });
  });
  child.once('exit', (code) => {
    if (code) log(`the worker ended with exit code ${code}:\n${lines}`);
  });
  const ended = once(child, 'exit');
  await Promise.race([ready, ended]);
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * Runs a command of sbench; with `onNote` it is asked for JSON, and each line that is a note of the session is given there.
 * @param {string[]} words
 * @param {{config: string, signal?: AbortSignal, onNote?: (note: {what: string, text: string}) => void, quiet?: boolean}} how
 * @returns {Promise<{code: number, last: object | undefined, stderr: string}>} `last`: the last line, which is the session itself
 */
export async function sbench(words, { config, signal, onNote, quiet = false }) {
  const all = [MAIN, ...words, '--config', config, ...(onNote ? ['--json'] : [])];
  const child = spawn(process.execPath, all, {
    stdio: ['ignore', onNote ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
  });
  signal?.addEventListener('abort', () => child.kill('SIGINT'));
  let last;
  let rest = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter(Boolean)) {
      last = JSON.parse(line);
      if (last.what && last.text) onNote(last);
    }
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code: code ?? 1, last, stderr };
}
