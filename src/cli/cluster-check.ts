import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Redis } from 'ioredis';
import type { Finding } from '../producer/check/finding.ts';
import { connectRedis } from '../shared/redis/connect.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { parseDuration } from '../shared/yaml/duration.ts';
import { type Cli, settingsFor } from './cli.ts';
import { clusterNamed } from './cluster-named.ts';
import { EXIT } from './exit-code.ts';
import { jsonLine, printableLines } from './printable-text.ts';

interface Options {
  job: boolean;
  wait: number;
  json?: true;
}

export function addClusterCheck(group: Command, cli: Cli): void {
  group
    .command('check')
    .argument('<name>', 'a configured cluster')
    .description(
      'tries all that a session needs there: one login, and a tiny Slurm job that it removes again',
    )
    .option('--no-job', 'without the Slurm job: nothing is said about compute nodes')
    .addOption(
      new Option('--wait <duration>', 'how long the Slurm job may wait in the queue')
        .argParser(readWait)
        .default(60, '1m'),
    )
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench cluster check meluxina --wait 10m')
    .action(async (name: string, { job, wait, json }: Options, command: Command) => {
      const { terminal } = cli;
      const settings = settingsFor(cli, command);
      const cluster = clusterNamed(settings, name);
      const redis = await redisIfThere(settings);
      try {
        const { checkCluster } = await import('../producer/check/check-cluster.ts');
        const findings = await checkCluster({
          settings: cluster,
          home: terminal.home,
          env: { ...terminal.env },
          redis,
          jobWaitS: job ? wait : undefined,
          signal: terminal.interrupted(),
          onFinding: (finding) => json || terminal.print(lineOf(finding)),
        });
        const failed = findings.filter((finding) => finding.is === 'fail');
        if (json) terminal.print(jsonLine({ cluster: name, ok: failed.length === 0, findings }));
        if (failed.some(({ check }) => check === 'ssh' || check === 'host key'))
          cli.exitCode = EXIT.unreachable;
        else if (failed.length > 0) cli.exitCode = EXIT.failed;
      } finally {
        redis?.disconnect();
      }
    });
}

const WIDTH = 11;

const lineOf = ({ check, is, text, hint }: Finding): string =>
  printableLines(
    `${is.padEnd(5)} ${check.padEnd(WIDTH)} ${text}${hint === undefined ? '' : `\n${' '.repeat(WIDTH + 7)}${hint}`}`,
  );

/** A check is worth something before there is a Redis. */
async function redisIfThere({ redis }: Settings): Promise<Redis | undefined> {
  return connectRedis(redis, 'ask').catch(() => undefined);
}

function readWait(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('It must be a duration, e.g. 10m.');
  return seconds;
}
