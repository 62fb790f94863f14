import { type Command, InvalidArgumentError } from 'commander';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { findSessions } from '../producer/find-session.ts';
import { UsageError } from '../shared/errors.ts';
import type { SessionRecord } from '../shared/session/record.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { valuesText } from './group-text.ts';
import { jsonLine } from './printable-text.ts';
import { table } from './table.ts';

export function addList(program: Command, cli: Cli): void {
  program
    .command('list')
    .description('what ran, the latest first')
    .option('--limit <number>', 'how many', readLimit, 20)
    .option('--group <id>', 'only the sessions of this group')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench list --limit 5')
    .action(async (options: { limit: number; group?: string; json?: true }, command: Command) => {
      await withProducer(settingsFor(cli, command), async (deps) => {
        const { store } = deps;
        const ids =
          options.group === undefined
            ? await store.list(options.limit)
            : await idsOfGroup(deps, options.group);
        const { sessions, unreadable } = await store.readAll(ids);
        const records = sessions.map(({ record }) => record);
        if (unreadable.length > 0)
          cli.terminal.say(`this sbench cannot read (a newer one wrote them?): ${unreadable.join(' ')}`);
        cli.terminal.print(options.json ? jsonLine({ sessions: records.map(summary) }) : text(records));
      });
    });
}

async function idsOfGroup(deps: ProducerDeps, name: string): Promise<string[]> {
  const { group, ids } = await findSessions(deps, name);
  if (group) return ids;
  throw new UsageError(`${name} is a session, not a group`, 'sbench submit prints the id of a group: g-…');
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a number above 0.');
  return Number(text);
}

const summary = ({ id, name, kind, cluster, state, labels, group, createdAt, endedAt }: SessionRecord) => ({
  id,
  name,
  ...(kind ? { kind } : {}),
  cluster,
  state,
  labels,
  ...(group ? { group } : {}),
  createdAt: new Date(createdAt).toISOString(),
  ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
});

function text(records: readonly SessionRecord[]): string {
  if (records.length === 0) return 'no sessions yet';
  const grouped = records.some(({ group }) => group);
  const titles = [
    'SESSION',
    'STATE',
    'CLUSTER',
    'NAME',
    'CREATED',
    'TOOK',
    ...(grouped ? ['GROUP', 'VALUES'] : []),
  ].map((title) => ({ title }));
  return table(
    titles,
    records.map(({ id, state, cluster, name, kind, group, createdAt, endedAt }) => [
      id,
      state,
      cluster,
      kind ? `${name} (${kind})` : name,
      new Date(createdAt).toISOString().replace('T', ' ').slice(0, 16),
      endedAt === undefined ? '' : took((endedAt - createdAt) / 1000),
      ...(grouped ? [group?.id ?? '', valuesText({ group })] : []),
    ]),
  );
}

function took(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
