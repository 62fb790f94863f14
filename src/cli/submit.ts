import type { Command } from 'commander';
import { askSlurm } from '../producer/ask-slurm.ts';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { enqueueSessions } from '../producer/enqueue-sessions.ts';
import { noSession } from '../producer/find-session.ts';
import { endpointTarget, sessionTarget } from '../producer/find-target.ts';
import { groupView } from '../producer/group-view.ts';
import { loadLoadgen } from '../producer/load-loadgen.ts';
import { planSessions } from '../producer/plan-session.ts';
import { sessionView } from '../producer/session-view.ts';
import { UsageError } from '../shared/errors.ts';
import type { ForeignTarget } from '../shared/plan/foreign-target.ts';
import type { Plan } from '../shared/plan/plan.ts';
import { readGroup } from '../shared/redis/group-store.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { printable } from '../shared/yaml/problem.ts';
import { type Cli, collect, settingsFor, withProducer } from './cli.ts';
import { dryRunData, dryRunText } from './dry-run.ts';
import { EXIT } from './exit-code.ts';
import { follow, warnIfUnserved } from './follow.ts';
import { followGroup } from './follow-group.ts';
import { valuesText } from './group-text.ts';
import { jsonLine } from './printable-text.ts';
import { planRequest } from './request.ts';
import { isRefused, slurmSaysText } from './slurm-says.ts';

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
      const notes = new Set(plans.flatMap((plan) => plan.notes));
      for (const note of notes) terminal.say(printable(`note: ${note}`));
      await withProducer(settings, async (deps) => {
        const { group, sessions } = await enqueueSessions(deps, plans, {
          key: options.key,
          blobs: [loadgen, ...request.folders.blobs()],
        });
        const [first] = sessions;
        const id = group ?? first?.id ?? '';
        if (sessions.every(({ created }) => !created)) {
          terminal.say(`this key and recipe were submitted before, as ${group ? 'group' : 'session'} ${id}`);
        }
        if (group) await submittedGroup(cli, deps, group, options);
        else await submitted(cli, deps, id, plans[0]?.cluster.name ?? '', options);
      });
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

async function submittedGroup(cli: Cli, deps: ProducerDeps, id: string, options: Options) {
  const { terminal } = cli;
  const group = await readGroup(deps.redis, id);
  if (!group) throw noSession(id);
  const view = await groupView(deps, id);
  if (options.json && !options.watch) terminal.print(jsonLine(view));
  // On stdout the id alone, so that a script can go on with it.
  else if (options.json) terminal.say(id);
  else {
    terminal.print(id);
    for (const session of view.sessions) terminal.say(printable(`  ${session.id}  ${valuesText(session)}`));
  }
  if (options.watch) cli.exitCode = await followGroup(deps, terminal, group, options.json === true);
  else for (const cluster of group.clusters) await warnIfUnserved(deps, terminal, cluster);
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
