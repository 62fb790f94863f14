import { type Command, InvalidArgumentError } from 'commander';
import { RedisError, UsageError } from '../shared/errors.ts';
import { privateRedis } from '../shared/redis/private-redis.ts';
import { startPrivateRedis } from '../shared/redis/start-private-redis.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { type Cli, settingsFor } from './cli.ts';
import { EXIT } from './exit-code.ts';
import { jsonLine } from './printable-text.ts';
import type { Terminal } from './terminal.ts';

interface Options {
  openDashboard?: true;
  port: number;
  json?: true;
}

export function addUp(program: Command, cli: Cli): void {
  program
    .command('up')
    .description(
      'all in one for one person: a private Redis if none is configured, a worker for every cluster, the dashboard',
    )
    .option('--open-dashboard', 'the dashboard without a password: whoever is on this host may look')
    .option('--port <number>', 'where the dashboard listens; 0: any free port', readPort, 8383)
    .option('--json', 'one JSON object when all of it runs')
    .addHelpText(
      'after',
      `
Ctrl-C drains and ends all of it; what runs on the clusters goes on, and is found again at the next start. Other commands
find the private Redis by themselves.

Example:
  sbench up --open-dashboard`,
    )
    .action(async (options: Options, command: Command) => {
      const { terminal } = cli;
      const configured = settingsFor(cli, command);
      if (Object.keys(configured.clusters).length === 0)
        throw new UsageError('no cluster is configured to serve', 'Add yours: sbench init');
      const interrupted = terminal.interrupted();
      const redis = configured.origins.redis
        ? undefined
        : await startPrivateRedis(privateRedis(terminal.env, terminal.home), terminal.env.PATH);
      try {
        const settings = redis ? { ...configured, redis: redis.url } : configured;
        await serve(cli, settings, options, interrupted, redis?.died);
      } finally {
        await redis?.stop();
      }
    });
}

async function serve(
  cli: Cli,
  settings: Settings,
  options: Options,
  interrupted: AbortSignal,
  died: Promise<string> = new Promise(() => {}),
): Promise<void> {
  const { terminal } = cli;
  // Only here: no other command needs both sides at once.
  const { startWorker } = await import('../workers/worker.ts');
  const stop = new AbortController();
  const signal = AbortSignal.any([interrupted, stop.signal]);
  const dashboard = await dashboardIfAllowed(terminal, settings, options);
  try {
    const worker = await startWorker(settings, { signal });
    const clusters = Object.keys(settings.clusters);
    terminal.print(
      options.json
        ? jsonLine({ redis: settings.redis, clusters, dashboard: dashboard?.url ?? null })
        : [
            `redis      ${settings.redis}`,
            `clusters   ${clusters.join(', ')}`,
            `dashboard  ${dashboard?.url ?? 'off: set SBENCH_DASHBOARD_PASSWORD_FILE, or say --open-dashboard'}`,
          ].join('\n'),
    );
    const end = await Promise.race([worker.closed, died]);
    if (typeof end === 'string') {
      stop.abort();
      await worker.closed;
      throw new RedisError(`Redis has ended by itself (${end})`, 'Start it again: sbench up');
    }
    if (end.cut > 0) cli.exitCode = EXIT.failed;
  } finally {
    stop.abort();
    await dashboard?.close();
  }
}

/** There is no default password: without one it runs only where a person asked for that. */
async function dashboardIfAllowed(terminal: Terminal, settings: Settings, { openDashboard, port }: Options) {
  const secret = Object.keys(terminal.env).some(
    (name) => /^SBENCH_DASHBOARD_(PASSWORD|TOKEN)(_FILE)?$/.test(name) && terminal.env[name],
  );
  if (!openDashboard && !secret) return undefined;
  const { startDashboard } = await import('../producer/dashboard/start-dashboard.ts');
  return startDashboard(settings, {
    host: '127.0.0.1',
    port,
    env: terminal.env,
    noAuth: openDashboard === true,
    say: (line) => terminal.say(line),
  });
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}
