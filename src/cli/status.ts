import type { Command } from 'commander';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { findSessions } from '../producer/find-session.ts';
import { groupView } from '../producer/group-view.ts';
import { liveWorkers } from '../producer/live-workers.ts';
import { type SessionView, sessionView } from '../producer/session-view.ts';
import { readBreaker } from '../shared/cluster/breaker.ts';
import { printable } from '../shared/yaml/problem.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { groupText, valuesText } from './group-text.ts';
import { lastWords } from './last-words.ts';
import { pendingText, spanText } from './pending-text.ts';
import { jsonLine } from './printable-text.ts';
import { waitsFor } from './session-words.ts';
import { resultsPlace, resultTables } from './show-results.ts';
import { table } from './table.ts';

export function addStatus(program: Command, cli: Cli): void {
  program
    .command('status')
    .argument('[id]', 'a session or a group; without one, everything that is not over')
    .description('what runs, and why it waits')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench status @last')
    .action(async (id: string | undefined, options: { json?: true }, command: Command) => {
      const settings = settingsFor(cli, command);
      await withProducer(settings, async (deps) => {
        if (id === undefined) {
          const all = await statusOfAll(deps, Object.keys(settings.clusters));
          cli.terminal.print(options.json ? jsonLine(all) : allText(all));
          return;
        }
        const { group, ids } = await findSessions(deps, id);
        if (group) {
          const view = await groupView(deps, group.id);
          cli.terminal.print(options.json ? jsonLine(view) : groupText(view));
          return;
        }
        const view = await sessionView(deps, ids[0] ?? id);
        cli.terminal.print(options.json ? jsonLine(view) : sessionText(view));
      });
    });
}

async function statusOfAll(deps: ProducerDeps, names: string[]) {
  const clusters = await Promise.all(
    names.map(async (name) => {
      const [workers, unreachable, open] = await Promise.all([
        liveWorkers(deps.redis, name),
        readBreaker(deps.redis, name),
        deps.store.open(name),
      ]);
      return { name, workers, ...(unreachable ? { unreachable } : {}), open: open.sort() };
    }),
  );
  const ids = clusters.flatMap(({ open }) => open);
  const { sessions, unreadable } = await deps.store.readAll(ids);
  const views = sessions.map(({ record }) => sessionView(deps, record.id));
  return { clusters, sessions: await Promise.all(views), unreadable };
}

function allText({ clusters, sessions }: Awaited<ReturnType<typeof statusOfAll>>): string {
  if (clusters.length === 0) return 'no cluster is configured';
  const known = table(
    [{ title: 'CLUSTER' }, { title: 'WORKERS', align: 'right' }, { title: 'SSH' }],
    clusters.map(({ name, workers, unreachable }) => [
      name,
      String(workers.length),
      unreachable ? `unreachable: ${unreachable.why}` : 'no trouble known',
    ]),
  );
  if (sessions.length === 0) return `${known}\n\nno session runs or waits`;
  const rows = sessions.map((view) => [view.id, view.state, view.cluster.name, view.name, waitsFor(view)]);
  const titles = ['SESSION', 'STATE', 'CLUSTER', 'NAME', 'SLURM JOBS'].map((title) => ({ title }));
  return `${known}\n\n${table(titles, rows)}`;
}

const secondsSince = (iso: string): number => Math.max(0, (Date.now() - Date.parse(iso)) / 1_000);

function sessionText(view: SessionView): string {
  const { cluster, ending, labels, counts } = view;
  const facts: [string, string | undefined][] = [
    ['session', `${view.id} ${view.name}${view.kind === 'stage' ? ', staging only' : ''}`],
    ['state', `${view.state}${ending ? `: ${ending.text}` : ''}`],
    [
      'cluster',
      cluster.unreachable ? `${cluster.name}, unreachable: ${cluster.unreachable.why}` : cluster.name,
    ],
    ['workers', cluster.workers.join(', ') || `none; run 'sbench worker --clusters ${cluster.name}'`],
    ['slurm', cluster.controllerSilent && `does not answer: ${cluster.controllerSilent}`],
    [
      'seen',
      view.endedAt === undefined && cluster.seenAt
        ? `${spanText(secondsSince(cluster.seenAt))} ago`
        : undefined,
    ],
    ['group', view.group && `${view.group.id}, ${view.group.index} of ${view.group.of}: ${valuesText(view)}`],
    ['attempt', view.attempt > 1 ? String(view.attempt) : undefined],
    [
      'labels',
      Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ') || undefined,
    ],
    ['created', view.createdAt],
    ['ended', view.endedAt],
    [
      'cost',
      `${counts.session.commands ?? 0} commands, ${counts.session.transfers ?? 0} transfers (of its own)`,
    ],
    ...(view.staged ?? []).map(({ text }): [string, string] => ['staged', text]),
    ['results', view.endedAt === undefined || view.kind === 'stage' ? undefined : resultsPlace(view)],
  ];
  const lines = facts.flatMap(([name, text]) =>
    text === undefined ? [] : [printable(`${name.padEnd(9)}${text}`)],
  );
  const titles = ['ROLE', 'NAME', 'PHASE', 'SLURM JOB', 'NODE', 'WHY'].map((title) => ({ title }));
  const rows = Object.entries(view.roles).map(
    ([role, { name, phase, slurmJob, node, endpoint, reason, verdictText, pending }]) => [
      `${role}`,
      name,
      phase,
      slurmJob === undefined ? '' : String(slurmJob),
      node ?? '',
      whyText(verdictText, ending?.text) ??
        (pending ? pendingText(pending) : (reason ?? (endpoint ? `at ${endpoint}` : ''))),
    ],
  );
  const jobs = rows.length === 0 ? [] : [table(titles, rows)];
  return [lines.join('\n'), ...jobs, ...lastWords(view), ...resultTables(view)].join('\n\n');
}

/** What was skipped because the session ended needs no second copy of the reason. */
const whyText = (verdict: string | undefined, ending: string | undefined): string | undefined =>
  ending !== undefined && verdict === `skipped: ${ending}` ? 'skipped' : verdict;
