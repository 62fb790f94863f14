import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { findSession, noSession } from '../producer/find-session.ts';
import { ConnectionError, UsageError } from '../shared/errors.ts';
import { type RolePlan, serviceRoles } from '../shared/plan/plan.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import { phaseOf, type RoleFacts } from '../shared/session/facts.ts';
import type { Place } from '../shared/slurm/remote/place.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { EXIT } from './exit-code.ts';
import { openTunnel } from './open-tunnel.ts';
import { withPlace } from './place.ts';
import { jsonLine, printableLines } from './printable-text.ts';

const LOOK_MS = 1_000;

interface Options {
  service?: string;
  json?: true;
}

export function addTunnel(program: Command, cli: Cli): void {
  program
    .command('tunnel')
    .argument('<id>', 'a session: its id, a prefix of it, or @last')
    .argument('[port]', 'the local port; else a free one', readPort)
    .description('a local port to a running service, until it ends or Ctrl-C; on loopback only')
    .option('--service <role>', 's1, s2 … or its name (else the first)')
    .option('--json', 'one JSON object when it is open')
    .addHelpText('after', '\nExample:\n  sbench tunnel @last 11434')
    .action(async (name: string, port: number | undefined, options: Options, command: Command) => {
      const settings = settingsFor(cli, command);
      await withProducer(settings, async (deps) => {
        const id = await findSession(deps, name);
        const session = await deps.store.read(id);
        if (!session) throw noSession(id);
        const service = serviceOf(session, options.service);
        addressOf(session, service);
        await withPlace(settings, deps, session.record, (place) =>
          keepOpen(cli, deps, place, service, port ?? 0, options.json === true),
        );
      });
    });
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('It must be a number from 1 to 65535.');
  return port;
}

function serviceOf({ plan, record }: StoredSession, asked: string | undefined): RolePlan {
  const services = serviceRoles(plan);
  const found =
    asked === undefined ? services[0] : services.find(({ role, name }) => role === asked || name === asked);
  if (found) return found;
  const there = services.map(({ role, name }) => `${role} (${name})`).join(', ') || 'none';
  throw new UsageError(`session ${record.id} has no service '${asked ?? ''}'; there are: ${there}`);
}

interface Address {
  hosts: string[];
  port: number;
}

/** @throws UsageError while there is nothing to connect to. */
function addressOf({ record }: StoredSession, { role, name }: RolePlan): Address {
  const facts = record.roles[role];
  const phase = facts ? phaseOf(facts, 'service') : 'none';
  if (!facts?.ready || !facts.started || phase !== 'ready') {
    throw new UsageError(
      `service ${name} of session ${record.id} is ${phase === 'none' ? 'not submitted' : phase}: there is nothing to connect to`,
      `sbench watch ${record.id} tells when it is ready.`,
    );
  }
  if (facts.ready.event.port === 0)
    throw new UsageError(
      `service ${name} of session ${record.id} has no port to connect to`,
      'Give it `ports` in the recipe.',
    );
  return { hosts: hostsOf(facts), port: facts.ready.event.port };
}

/** By its name, as the login node knows it; else by the addresses that the node has. */
const hostsOf = ({ started }: RoleFacts): string[] =>
  [started?.event.host ?? '', ...(started?.event.addresses ?? '').split(' ')].filter((host) =>
    /^[A-Za-z0-9.:_-]+$/.test(host),
  );

async function keepOpen(
  cli: Cli,
  deps: ProducerDeps,
  place: Place,
  service: RolePlan,
  port: number,
  json: boolean,
): Promise<void> {
  const { terminal } = cli;
  const interrupted = terminal.interrupted();
  const latest = async (): Promise<StoredSession> => {
    const session = await deps.store.read(place.session);
    if (!session) throw noSession(place.session);
    return session;
  };
  const connect = async (signal: AbortSignal) => {
    const { hosts, port } = addressOf(await latest(), service);
    return firstOf(hosts, (host) => place.link.forward(host, port, signal));
  };
  const tunnel = await openTunnel(port, connect, (why) => terminal.say(printableLines(why)));
  try {
    const { hosts, port: remote } = addressOf(await latest(), service);
    const url = `${service.endpoint?.scheme ?? 'tcp'}://127.0.0.1:${tunnel.port}${service.endpoint?.path ?? ''}`;
    const data = { id: place.session, role: service.role, url, host: '127.0.0.1', port: tunnel.port };
    terminal.print(json ? jsonLine({ ...data, to: { host: hosts[0], port: remote } }) : printableLines(url));
    terminal.say(printableLines(`to ${service.name} on ${hosts[0]}:${remote}; Ctrl-C closes it`));
    await untilItEnds(deps, place, service, interrupted);
  } finally {
    await tunnel.close();
  }
  if (interrupted.aborted) cli.exitCode = EXIT.interrupted;
  else terminal.say(printableLines(`service ${service.name} has ended`));
}

/** The next address is tried only when one refused: a lost connection says nothing about it. */
async function firstOf(hosts: readonly string[], open: (host: string) => Promise<Duplex>): Promise<Duplex> {
  let refused: unknown;
  for (const host of hosts) {
    try {
      return await open(host);
    } catch (error) {
      if (error instanceof ConnectionError) throw error;
      refused ??= error;
    }
  }
  throw refused;
}

async function untilItEnds(
  { store }: ProducerDeps,
  { session: id, attempt }: Place,
  { role }: RolePlan,
  interrupted: AbortSignal,
): Promise<void> {
  while (!interrupted.aborted) {
    // While Redis is away the connections go on.
    const session = await store.read(id).catch(() => 'away' as const);
    if (session === undefined) return;
    if (session !== 'away') {
      const facts = session.record.roles[role];
      const phase = facts && phaseOf(facts, 'service');
      if (session.record.attempt !== attempt || phase === 'leaving' || phase === 'ended') return;
    }
    await pause(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
}
