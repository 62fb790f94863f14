import type { Command } from 'commander';
import { askSlurm } from '../producer/ask-slurm.ts';
import { endpointTarget, sessionTarget } from '../producer/find-target.ts';
import { loadLoadgen } from '../producer/load-loadgen.ts';
import { planSessions } from '../producer/plan-session.ts';
import { UsageError } from '../shared/errors.ts';
import type { ForeignTarget } from '../shared/plan/foreign-target.ts';
import type { Plan } from '../shared/plan/plan.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { type Cli, collect, settingsFor, withProducer } from './cli.ts';
import { dryRunData, dryRunText } from './dry-run.ts';
import { EXIT } from './exit-code.ts';
import { jsonLine } from './printable-text.ts';
import { planRequest } from './request.ts';
import { isRefused, slurmSaysText } from './slurm-says.ts';
import { submitPlans } from './submit-plans.ts';

interface Options {
  set?: string[];
  label?: string[];
  key?: string;
  target?: string;
  endpoint?: string;
  watch?: true;
  dryRun?: true;
  offline?: true;
  json?: true;
}

export function addSubmit(program: Command, cli: Cli): void {
  program
    .command('submit')
    .argument('<recipe...>', 'a YAML file, or several that are one recipe')
    .description('put a session, or a group of them, in the queues and print its id')
    .option('--set <path=value>', 'change the recipe (repeatable)', collect)
    .option('--label <name=value>', 'mark the session (repeatable)', collect)
    .option('--key <id>', 'the same key with the same recipe is the same session, or group')
    .option('--target <session>', 'clients only: use the service of this session (or SESSION/SERVICE)')
    .option('--endpoint <url>', 'clients only: use what answers there')
    .option('--watch', 'stay until its end; the exit code tells how it ended')
    .option(
      '--dry-run',
      'submit nothing: print the plan, every batch script, what it costs at most, and what Slurm says to it',
    )
    .option('--offline', 'with --dry-run: contact nothing, so do not ask Slurm')
    .option('--json', 'one JSON object; with --watch one a line, the session last')
    .addHelpText(
      'after',
      '\nExample:\n  sbench submit recipes/quickstart.yaml --set client.parameters.max_tokens=64 --watch',
    )
    .action(async (recipes: string[], options: Options, command: Command) => {
      const { terminal } = cli;
      const settings = settingsFor(cli, command);
      const loadgen = await loadLoadgen();
      const request = await planRequest(terminal, settings, recipes, options);
      const plans = planSessions({
        ...request,
        target: await foreignTarget(settings, options),
        blobs: { loadgen: { sha256: loadgen.sha256, bytes: loadgen.bytes } },
      });
      if (options.dryRun) {
        await dryRun(cli, plans, settings, options);
        return;
      }
      await submitPlans(cli, settings, plans, { ...options, blobs: [loadgen, ...request.folders.blobs()] });
    });
}

/** Only `--target` has to ask Redis before there is a plan. */
async function foreignTarget(settings: Settings, { target, endpoint }: Options) {
  if (target !== undefined && endpoint !== undefined)
    throw new UsageError('--target and --endpoint both say what the clients use; give one');
  if (endpoint !== undefined) return endpointTarget(endpoint);
  if (target === undefined) return undefined;
  let found: ForeignTarget | undefined;
  await withProducer(settings, async (deps) => {
    found = await sessionTarget(deps, target);
  });
  return found;
}

/** A cluster that cannot be asked is no fault of the recipe's; a Slurm that refuses it is. */
async function dryRun(cli: Cli, plans: readonly Plan[], settings: Settings, { json, offline }: Options) {
  const { terminal } = cli;
  if (!json) terminal.print(dryRunText(plans));
  const says = offline
    ? undefined
    : await askSlurm(plans, {
        clusters: settings.clusters,
        home: terminal.home,
        env: { ...terminal.env },
        signal: terminal.interrupted(),
      });
  if (json) terminal.print(jsonLine(dryRunData(plans, says)));
  else if (says) terminal.print(`\n${slurmSaysText(says, plans.length)}`);
  if (says && isRefused(says)) cli.exitCode = EXIT.failed;
}
