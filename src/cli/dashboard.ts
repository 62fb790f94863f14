import { text as readAll } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import { type Cli, collect, settingsFor } from './cli.ts';
import { jsonLine } from './printable-text.ts';

interface Options {
  port: number;
  host: string;
  /** commander: `--no-auth` sets it to false. */
  auth: boolean;
  openMetrics?: true;
  trustProxy?: string[];
  hashPassword?: true;
  json?: true;
}

export function addDashboard(program: Command, cli: Cli): void {
  program
    .command('dashboard')
    .description('the web side: sessions, Bull Board to watch the queues, /api and /metrics')
    .option('--port <number>', 'where it listens; 0: any free port', readPort, 8383)
    .option('--host <address>', 'whom it listens to', '127.0.0.1')
    .option('--no-auth', 'no password; whoever is on this host may look')
    .option('--open-metrics', 'no secret for /metrics')
    .option('--trust-proxy <address>', 'believe this proxy who asks, and how; repeatable', collect)
    .option('--hash-password', 'read a password from stdin, print what the password file may hold instead')
    .option('--json', 'one JSON object when it listens')
    .addHelpText(
      'after',
      `
It wants to know a secret, in the environment or in a file that the environment names:
  SBENCH_DASHBOARD_PASSWORD, SBENCH_DASHBOARD_PASSWORD_FILE   for people: at least 12 characters, or its hash
  SBENCH_DASHBOARD_TOKEN, SBENCH_DASHBOARD_TOKEN_FILE         for programs: at least 20 characters

Example:
  SBENCH_DASHBOARD_PASSWORD_FILE=~/.config/sbench/dashboard sbench dashboard --port 8383`,
    )
    .action(async (options: Options, command: Command) => {
      const { terminal } = cli;
      // Only here: no other command needs a web server.
      if (options.hashPassword) {
        const { hashPassword } = await import('../producer/dashboard/access.ts');
        const hash = await hashPassword((await readAll(process.stdin)).replace(/\r?\n$/, ''));
        terminal.print(options.json ? jsonLine({ hash }) : hash);
        return;
      }
      const settings = settingsFor(cli, command);
      const interrupted = terminal.interrupted();
      const { startDashboard } = await import('../producer/dashboard/start-dashboard.ts');
      const { auth, json, ...given } = options;
      const dashboard = await startDashboard(settings, {
        ...given,
        noAuth: !auth,
        env: terminal.env,
        say: (line) => terminal.say(line),
      });
      terminal.print(json ? jsonLine({ url: dashboard.url }) : dashboard.url);
      if (!auth) terminal.say('it asks for no password: every user of this host can read everything');
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
