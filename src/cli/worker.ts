import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../shared/errors.ts';
import { parseDuration } from '../shared/yaml/duration.ts';
import { didYouMean } from '../shared/yaml/nearest.ts';
import { type Cli, settingsFor } from './cli.ts';
import { EXIT } from './exit-code.ts';
import { jsonLine } from './printable-text.ts';

export function addWorker(program: Command, cli: Cli): void {
  program
    .command('worker')
    .description('do the work of sessions until SIGTERM or Ctrl-C; start as many as you like, on any host')
    .option('--clusters <names>', 'serve only these, separated by commas (else all that are configured)')
    .option(
      '--concurrency <number>',
      'how many actions of each kind and cluster at a time',
      readConcurrency,
      50,
    )
    .addOption(
      new Option('--drain-timeout <time>', 'how long SIGTERM waits for what runs, 20s or 2m')
        .argParser(readTime)
        .default(8, '8s'),
    )
    .option('--health-file <file>', 'touched every 5 s while it works and Redis answers')
    .option('--json', 'one JSON object when it works')
    .addHelpText(
      'after',
      `
The first SIGTERM or Ctrl-C: it takes no new action, finishes what runs, and ends with 0; what outlasts the drain is
left to other workers, and it ends with 1. The second one: at once, with 130. Nothing is lost or done twice.

Example:
  sbench worker --clusters meluxina --drain-timeout 30s`,
    )
    .action(async (options: Options, command: Command) => {
      const settings = settingsFor(cli, command);
      const known = Object.keys(settings.clusters);
      const named = options.clusters?.split(',').map((name) => name.trim());
      const clusters = named && [...new Set(named)];
      for (const name of clusters ?? []) {
        if (known.includes(name)) continue;
        const there = known.length === 0 ? 'none is' : `there are: ${known.join(', ')}`;
        throw new UsageError(
          `the cluster '${name}' is not configured${didYouMean(name, known) || `; ${there}`}`,
        );
      }
      if (known.length === 0) throw new UsageError('no cluster is configured to serve');
      // Only here: no other command needs what a worker is made of.
      const { startWorker } = await import('../workers/worker.ts');
      const { concurrency, drainTimeout: drainS, healthFile } = options;
      const signal = cli.terminal.interrupted();
      const worker = await startWorker(settings, { clusters, concurrency, drainS, healthFile, signal });
      if (options.json && !signal.aborted)
        cli.terminal.print(jsonLine({ worker: process.pid, clusters: clusters ?? known }));
      const { cut } = await worker.closed;
      if (cut > 0) cli.exitCode = EXIT.failed;
    });
}

interface Options {
  clusters?: string;
  concurrency: number;
  drainTimeout: number;
  healthFile?: string;
  json?: true;
}

function readConcurrency(text: string): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 500) throw new InvalidArgumentError('It must be a number from 1 to 500.');
  return number;
}

function readTime(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('It must be a time: 8s, 2m.');
  return seconds;
}
