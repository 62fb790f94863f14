import type { Command } from 'commander';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { findSessions } from '../producer/find-session.ts';
import { groupView } from '../producer/group-view.ts';
import { retryGroup } from '../producer/retry-group.ts';
import { retrySession } from '../producer/retry-session.ts';
import { sessionView } from '../producer/session-view.ts';
import type { Group } from '../shared/redis/group-store.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { follow, warnIfUnserved } from './follow.ts';
import { followGroup } from './follow-group.ts';
import { jsonLine } from './printable-text.ts';

interface Options {
  force?: true;
  watch?: true;
  json?: true;
}

export function addRetry(program: Command, cli: Cli): void {
  program
    .command('retry')
    .argument('<id>', 'a session that is over, or a group: its id, a prefix of it, or @last')
    .description(
      'a new attempt: the same plan; what the last one left is kept. Of a group, each session that did not succeed',
    )
    .option('--force', 'also when it succeeded, or when its Slurm jobs only drain')
    .option('--watch', 'stay until its end; the exit code tells how it ended')
    .option('--json', 'one JSON object; with --watch one a line, the session or group last')
    .addHelpText('after', '\nExample:\n  sbench retry @last --watch')
    .action(async (name: string, options: Options, command: Command): Promise<void> => {
      await withProducer(settingsFor(cli, command), async (deps) => {
        const { group, ids } = await findSessions(deps, name);
        if (group) await retryAll(cli, deps, group, options);
        else await retryOne(cli, deps, ids[0] ?? name, options);
      });
    });
}

async function retryOne(cli: Cli, deps: ProducerDeps, id: string, options: Options): Promise<void> {
  const { terminal } = cli;
  const { attempt, cluster } = await retrySession(deps, id, options);
  if (options.watch) {
    terminal.say(`attempt ${attempt} of ${id}`);
    await warnIfUnserved(deps, terminal, cluster);
    cli.exitCode = await follow(deps, terminal, id, options.json === true);
    return;
  }
  terminal.print(options.json ? jsonLine(await sessionView(deps, id)) : `${id} attempt ${attempt}`);
  await warnIfUnserved(deps, terminal, cluster);
}

async function retryAll(cli: Cli, deps: ProducerDeps, group: Group, options: Options): Promise<void> {
  const { terminal } = cli;
  const { retried, left } = await retryGroup(deps, group, options);
  for (const { id, attempt } of retried) {
    const line = `${id} attempt ${attempt}`;
    if (options.json || options.watch) terminal.say(line);
    else terminal.print(line);
  }
  for (const { id, why } of left) terminal.say(`${id} is left as it is: ${why}`);
  if (options.watch) {
    cli.exitCode = await followGroup(deps, terminal, group, options.json === true);
    return;
  }
  if (options.json) terminal.print(jsonLine(await groupView(deps, group.id)));
  for (const cluster of group.clusters) await warnIfUnserved(deps, terminal, cluster);
}
