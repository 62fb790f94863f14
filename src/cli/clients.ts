import type { Command } from 'commander';
import { clientFrame } from '../jobs/recipe-schema.ts';
import { loadKinds } from '../producer/load-kinds.ts';
import { type Cli, settingsFor } from './cli.ts';
import { kindsText, kindText, kindView, kindViews } from './kinds.ts';
import { jsonLine, printableLines } from './printable-text.ts';

export function addClients(program: Command, cli: Cli): void {
  program
    .command('clients')
    .argument('[kind]', 'one of them, with all its keys')
    .description('the kinds of clients that a recipe may name, and where they come from')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench clients ollama')
    .action(async (kind: string | undefined, options: { json?: true }, command: Command) => {
      const views = kindViews(await loadKinds(settingsFor(cli, command)), 'client', clientFrame);
      if (kind === undefined) {
        cli.terminal.print(options.json ? jsonLine({ clients: views }) : kindsText(views));
        return;
      }
      const view = kindView(views, 'client', kind);
      cli.terminal.print(options.json ? jsonLine(view) : printableLines(kindText(view, 'client')));
    });
}
