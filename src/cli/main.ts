#!/usr/bin/env node
import { once } from 'node:events';
import { homedir } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { EXIT } from './exit-code.ts';
import { runCli } from './run-cli.ts';
import type { Terminal } from './terminal.ts';

/** The only place that exits, and the only one that hears signals. */
let handled: AbortController | undefined;

function onSignal(signal: NodeJS.Signals): void {
  // A second signal means now, whatever still wants to end in order.
  if (!handled || handled.signal.aborted) process.exit(EXIT.interrupted);
  handled.abort(new Error(signal));
}
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
// `sbench list | head`: who reads has gone, and nobody is left to tell.
process.stdout.on('error', () => process.exit(EXIT.succeeded));

async function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = once(lines, 'close').then(() => undefined);
  // With an interface on it, the terminal gives Ctrl-C to that, and not to us.
  lines.on('SIGINT', () => onSignal('SIGINT'));
  const answer = await Promise.race([lines.question(question), ended]);
  lines.close();
  return answer;
}

let lineShown = false;

function clearLine(): void {
  if (lineShown) process.stdout.write('\r\u001b[2K');
  lineShown = false;
}

function inPlace(text: string | undefined): void {
  clearLine();
  if (text === undefined) return;
  // A line that wraps could not be taken away again.
  process.stdout.write(text.slice(0, (process.stdout.columns || 80) - 1));
  lineShown = true;
}

const terminal: Terminal = {
  print(text) {
    clearLine();
    process.stdout.write(`${text}\n`);
  },
  async drained() {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  },
  say(text) {
    clearLine();
    process.stderr.write(`${text}\n`);
  },
  ...(process.stdout.isTTY ? { inPlace } : {}),
  color: process.stdout.isTTY === true && !process.env.NO_COLOR,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  interrupted() {
    handled ??= new AbortController();
    return handled.signal;
  },
};

const code = await runCli(process.argv.slice(2), terminal);
// To a socket, which is what a program that starts us may read from, Node writes later: exiting would cut it off.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit(code);
