import type { ProducerDeps } from '../producer/connect-producer.ts';
import type { BlobData } from '../producer/enqueue-session.ts';
import { enqueueSessions } from '../producer/enqueue-sessions.ts';
import { noSession } from '../producer/find-session.ts';
import { groupView } from '../producer/group-view.ts';
import { sessionView } from '../producer/session-view.ts';
import type { Plan } from '../shared/plan/plan.ts';
import { readGroup } from '../shared/redis/group-store.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { printable } from '../shared/yaml/problem.ts';
import { type Cli, withProducer } from './cli.ts';
import { follow, warnIfUnserved } from './follow.ts';
import { followGroup } from './follow-group.ts';
import { valuesText } from './group-text.ts';
import { jsonLine } from './printable-text.ts';

interface SubmitOptions {
  key?: string;
  watch?: true;
  json?: true;
}

/** Puts plans in the queues and prints the id, and stays until their end when asked to. */
export async function submitPlans(
  cli: Cli,
  settings: Settings,
  plans: readonly Plan[],
  { blobs, ...options }: SubmitOptions & { blobs: readonly BlobData[] },
): Promise<void> {
  const { terminal } = cli;
  const notes = new Set(plans.flatMap((plan) => plan.notes));
  for (const note of notes) terminal.say(printable(`note: ${note}`));
  await withProducer(settings, async (deps) => {
    const { group, sessions } = await enqueueSessions(deps, plans, { key: options.key, blobs });
    const [first] = sessions;
    const id = group ?? first?.id ?? '';
    if (sessions.every(({ created }) => !created)) {
      terminal.say(`this key and recipe were submitted before, as ${group ? 'group' : 'session'} ${id}`);
    }
    if (group) await submittedGroup(cli, deps, group, options);
    else await submitted(cli, deps, id, plans[0]?.cluster.name ?? '', options);
  });
}

async function submittedGroup(cli: Cli, deps: ProducerDeps, id: string, options: SubmitOptions) {
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

async function submitted(cli: Cli, deps: ProducerDeps, id: string, cluster: string, options: SubmitOptions) {
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
