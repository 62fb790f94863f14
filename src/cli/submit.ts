import type { Command } from 'commander';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { enqueueSession } from '../producer/enqueue-session.ts';
import { loadLoadgen } from '../producer/load-loadgen.ts';
import { planSession } from '../producer/plan-session.ts';
import { sessionView } from '../producer/session-view.ts';
import { printable } from '../shared/yaml/problem.ts';
import { type Cli, collect, settingsFor, withProducer } from './cli.ts';
import { dryRunData, dryRunText } from './dry-run.ts';
import { follow, warnIfUnserved } from './follow.ts';
import { jsonLine } from './printable-text.ts';
import { planRequest } from './request.ts';

interface Options {
  set?: string[];
  label?: string[];
  key?: string;
  watch?: true;
  dryRun?: true;
  json?: true;
}

export function addSubmit(program: Command, cli: Cli): void {
  program
    .command('submit')
    .argument('<recipe>', 'a YAML file')
    .description('put a session in the queues and print its id')
    .option('--set <path=value>', 'change the recipe (repeatable)', collect)
    .option('--label <name=value>', 'mark the session (repeatable)', collect)
    .option('--key <id>', 'the same key with the same recipe is the same session')
    .option('--watch', 'stay until its end; the exit code tells how it ended')
    .option('--dry-run', 'print the plan, every batch script and what it costs at most; contact nothing')
    .option('--json', 'one JSON object; with --watch one a line, the session last')
    .addHelpText(
      'after',
      '\nExample:\n  sbench submit recipes/quickstart.yaml --set client.parameters.max_tokens=64 --watch',
    )
    .action(async (recipe: string, options: Options, command: Command) => {
      const { terminal } = cli;
      const settings = settingsFor(cli, command);
      const loadgen = await loadLoadgen();
      const plan = planSession({
        ...planRequest(terminal, settings, recipe, options),
        blobs: { loadgen: { sha256: loadgen.sha256, bytes: loadgen.bytes } },
      });
      if (options.dryRun) {
        terminal.print(options.json ? jsonLine(dryRunData(plan)) : dryRunText(plan));
        return;
      }
      for (const note of plan.notes) terminal.say(printable(`note: ${note}`));
      await withProducer(settings, async (deps) => {
        const { id, created } = await enqueueSession(deps, plan, { key: options.key, blobs: [loadgen] });
        if (!created) terminal.say(`this key and recipe were submitted before, as session ${id}`);
        await submitted(cli, deps, id, plan.cluster.name, options);
      });
    });
}

async function submitted(cli: Cli, deps: ProducerDeps, id: string, cluster: string, options: Options) {
  const { terminal } = cli;
  if (options.watch) {
    // On stdout it would be no note; without it nobody could come back to the session.
    if (options.json) terminal.say(id);
    else terminal.print(id);
    await warnIfUnserved(deps, terminal, cluster);
    cli.exitCode = await follow(deps, terminal, id, options.json === true);
    return;
  }
  terminal.print(options.json ? jsonLine(await sessionView(deps, id)) : id);
  await warnIfUnserved(deps, terminal, cluster);
}
