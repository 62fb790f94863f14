import { type Command, InvalidArgumentError } from 'commander';
import type { SessionRecord } from '../shared/session/record.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { jsonLine } from './printable-text.ts';
import { table } from './table.ts';

export function addList(program: Command, cli: Cli): void {
  program
    .command('list')
    .description('what ran, the latest first')
    .option('--limit <number>', 'how many', readLimit, 20)
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench list --limit 5')
    .action(async (options: { limit: number; json?: true }, command: Command) => {
      await withProducer(settingsFor(cli, command), async ({ store }) => {
        const { sessions, unreadable } = await store.readAll(await store.list(options.limit));
        const records = sessions.map(({ record }) => record);
        if (unreadable.length > 0)
          cli.terminal.say(`this sbench cannot read (a newer one wrote them?): ${unreadable.join(' ')}`);
        cli.terminal.print(options.json ? jsonLine({ sessions: records.map(summary) }) : text(records));
      });
    });
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a number above 0.');
  return Number(text);
}

const summary = ({ id, name, cluster, state, labels, createdAt, endedAt }: SessionRecord) => ({
  id,
  name,
  cluster,
  state,
  labels,
  createdAt: new Date(createdAt).toISOString(),
  ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
});

function text(records: readonly SessionRecord[]): string {
  if (records.length === 0) return 'no sessions yet';
  const titles = ['SESSION', 'STATE', 'CLUSTER', 'NAME', 'CREATED', 'TOOK'].map((title) => ({ title }));
  return table(
    titles,
    records.map(({ id, state, cluster, name, createdAt, endedAt }) => [
      id,
      state,
      cluster,
      name,
      new Date(createdAt).toISOString().replace('T', ' ').slice(0, 16),
      endedAt === undefined ? '' : took((endedAt - createdAt) / 1000),
    ]),
  );
}

function took(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
