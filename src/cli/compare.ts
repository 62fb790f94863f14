import { type Command, InvalidArgumentError } from 'commander';
import { compareSessions } from '../producer/report/compare-sessions.ts';
import { type Cli, collect, settingsFor } from './cli.ts';
import { compareText } from './compare-text.ts';
import { EXIT } from './exit-code.ts';
import { jsonLine, printableLines } from './printable-text.ts';
import { reportSessions } from './report-sessions.ts';

interface Options {
  metric?: string[];
  failOn?: number;
  json?: true;
}

export function addCompare(program: Command, cli: Cli): void {
  program
    .command('compare')
    .argument('<old>', 'A: a session, a group, or a folder of results')
    .argument('<new>', 'B, the same')
    .description('whether B is better or worse than A, with what confidence')
    .option('--metric <name>', "only this metric, such as 'E2E p99'; may be given several times", collect)
    .option('--fail-on <share>', 'exit 6 when worse by more than this, with evidence: 5%', readShare)
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
Evidence needs repeats on both sides: repeat in the recipe, or a client's own.
Exit codes: 0 compared, 6 worse by more than --fail-on allows.

Examples:
  sbench compare 261123-abcdef @last
  sbench compare g-old g-new --metric 'output tokens/s' --metric 'TTFT p99' --fail-on 5%`,
    )
    .action(async (a: string, b: string, options: Options, command: Command) => {
      const [left = [], right = []] = await reportSessions(cli, () => settingsFor(cli, command), [a, b]);
      const compared = compareSessions(left, right, { metrics: options.metric, failOn: options.failOn });
      cli.terminal.print(options.json ? jsonLine(compared) : printableLines(compareText(compared)));
      if (compared.failed) cli.exitCode = EXIT.regression;
    });
}

function readShare(text: string): number {
  const share = /^(\d{1,3}(?:\.\d{1,6})?)\s*%$/.exec(text)?.[1];
  if (share === undefined) throw new InvalidArgumentError('It must be a percentage, such as 5%.');
  return Number(share) / 100;
}
