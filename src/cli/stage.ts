import type { Command } from 'commander';
import { loadLoadgen } from '../producer/load-loadgen.ts';
import { planStagings } from '../producer/plan-staging.ts';
import { type Cli, collect, settingsFor } from './cli.ts';
import { dryRunData, dryRunText } from './dry-run.ts';
import { jsonLine } from './printable-text.ts';
import { planRequest } from './request.ts';
import { submitPlans } from './submit-plans.ts';

interface Options {
  set?: string[];
  label?: string[];
  key?: string;
  watch?: true;
  dryRun?: true;
  json?: true;
}

export function addStage(program: Command, cli: Cli): void {
  program
    .command('stage')
    .argument('<recipe...>', 'a YAML file, or several that are one recipe')
    .description('have images, models and programs of a recipe ready on the cluster, and run nothing')
    .option('--set <path=value>', 'change the recipe (repeatable)', collect)
    .option('--label <name=value>', 'mark the session (repeatable)', collect)
    .option('--key <id>', 'the same key with the same recipe is the same session, or group')
    .option('--watch', 'stay until its end; the exit code tells how it ended')
    .option('--dry-run', 'print what would be checked and made, with every script; contact nothing')
    .option('--json', 'one JSON object; with --watch one a line, the session last')
    .addHelpText('after', '\nExample:\n  sbench stage recipes/quickstart.yaml --watch')
    .action(async (recipes: string[], options: Options, command: Command) => {
      const settings = settingsFor(cli, command);
      const loadgen = await loadLoadgen();
      const request = await planRequest(cli.terminal, settings, recipes, options);
      const plans = planStagings({
        ...request,
        blobs: { loadgen: { sha256: loadgen.sha256, bytes: loadgen.bytes } },
      });
      // Nothing of it can be refused but the one Slurm job that makes what is missing: nobody is asked.
      if (options.dryRun)
        cli.terminal.print(options.json ? jsonLine(dryRunData(plans, undefined)) : dryRunText(plans));
      else
        await submitPlans(cli, settings, plans, { ...options, blobs: [loadgen, ...request.folders.blobs()] });
    });
}
