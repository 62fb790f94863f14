/**
 * The load generator: runs on a compute node as one bundled file, needs Node ≥ 20 and nothing else, and talks to
 * nobody but the server it measures.
 *
 * Exit codes: 0 every point succeeded; 1 the benchmark failed (`result.json` says why); 2 wrong command line or
 * config; 143 or 130 stopped by SIGTERM or SIGINT.
 */

import { isMainThread } from 'node:worker_threads';
import { countPauses } from './analyse/count-pauses.ts';
import { runThread } from './engine/thread.ts';
import { readBefore } from './read-before.ts';
import { type Command, readCommandLine, UsageError } from './read-command-line.ts';
import { recordLines } from './record-line.ts';
import { reportProgress } from './report-progress.ts';
import { openResultFolder } from './result-folder.ts';
import { runBenchmark } from './run-benchmark.ts';
import { mostTurns } from './run-order.ts';

// Put in place by the bundler; absent when the source is run as it is.
declare const SBENCH_VERSION: string | undefined;

const SIGNALS = { SIGTERM: 143, SIGINT: 130 } as const;

async function main(): Promise<number> {
  // Whoever read our log may be gone before us (EPIPE). The results are in the folder.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
  const stop = new AbortController();
  let exitCode: number | undefined;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      exitCode ??= code;
      stop.abort();
    });
  }
  try {
    const status = await measure(readCommandLine(process.argv.slice(2)), stop.signal);
    // A signal that came when everything was measured already changes nothing.
    return status === 'ok' ? 0 : (exitCode ?? 1);
  } catch (error) {
    console.error(`loadgen: ${error instanceof UsageError ? error.message : (error as Error).stack}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function measure(command: Command, signal: AbortSignal): Promise<'ok' | 'failed'> {
  const { config } = command;
  const folder = await openResultFolder(command.outFolder);
  const nodes = Number(process.env.SBENCH_NODES ?? 1) || 1;
  const progress = reportProgress(command.progressFile, mostTurns(config));
  const result = await runBenchmark({
    config,
    origin: command.url,
    program: new URL(import.meta.url),
    filesFolder: command.filesFolder,
    // Of several nodes, each runs this program.
    node: Number(process.env.SBENCH_NODE ?? 0) || 0,
    nodes,
    before: readBefore(command.beforeFile, config),
    version: typeof SBENCH_VERSION === 'string' ? SBENCH_VERSION : '0.0.0-source',
    signal,
    onTurn(point, { plan: { name, load } }) {
      const [concurrency, requests] =
        load.is === 'closed' ? [load.concurrency, load.requests ?? null] : [null, null];
      progress.startPoint({ point, name, concurrency, requests });
    },
    onBatch(batch, place) {
      folder.append(recordLines(batch, place));
      progress.count(batch);
    },
    onTurnEnd: async ({ point, repeat }, { pauses }) => {
      if (nodes > 1) await folder.appendPauses({ v: 1, point, repeat, pauses: countPauses(pauses) });
    },
    say: (line) => console.log(line),
    save: folder.save,
  });
  // The log first: a result may only say `ok` when the requests behind it are on disk.
  await Promise.all([folder.closeLog(), progress.close()]);
  await folder.save(result);
  if (result.status === 'failed') console.error(`loadgen: ${result.reason}: ${result.message}`);
  return result.status;
}

if (isMainThread) process.exit(await main());
else await runThread();
