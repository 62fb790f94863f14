import { type Command, InvalidArgumentError } from 'commander';
import { type Cli, settingsFor } from './cli.ts';

export function addDashboard(program: Command, cli: Cli): void {
  program
    .command('dashboard')
    .description('the web side: sessions, and Bull Board to watch the queues; it changes nothing')
    .option('--port <number>', 'where it listens; 0: any free port', readPort, 8383)
    .option('--host <address>', 'whom it listens to; it knows no passwords', '127.0.0.1')
    .addHelpText('after', '\nExample:\n  sbench dashboard --port 8383')
    .action(async (options: { port: number; host: string }, command: Command) => {
      const { terminal } = cli;
      const settings = settingsFor(cli, command);
      const interrupted = terminal.interrupted();
      // Only here: no other command needs a web server.
      const { isLoopback, startDashboard } = await import('../producer/dashboard/start-dashboard.ts');
      const dashboard = await startDashboard(settings, options);
      terminal.print(dashboard.url);
      if (!isLoopback(options.host)) {
        terminal.say('warning: whoever reaches this address reads everything; there is no password');
      }
      if (!interrupted.aborted) {
        await new Promise((resolve) => interrupted.addEventListener('abort', resolve, { once: true }));
      }
      await dashboard.close();
    });
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}
