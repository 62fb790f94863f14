import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { findSession, findSessions, noSession } from '../producer/find-session.ts';
import { UsageError } from '../shared/errors.ts';
import type { RolePlan } from '../shared/plan/plan.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import type { SessionRecord } from '../shared/session/record.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { tailLog } from '../shared/slurm/remote/fetch-attempt.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { EXIT } from './exit-code.ts';
import { areOver, followLogs } from './follow-logs.ts';
import { withPlace } from './place.ts';
import { printableLines } from './printable-text.ts';
import { logPrinter } from './show-logs.ts';
import { localFolder } from './show-results.ts';

interface Options {
  kib: number;
  follow?: true;
  attempt?: number;
  json?: true;
}

export function addLogs(program: Command, cli: Cli): void {
  program
    .command('logs')
    .argument('<id>', 'a session or a group: its id, a prefix of it, or @last')
    .argument('[role]', 'one Slurm job of it: s1, c1 … or its name (else all)')
    .description('stdout and stderr of the Slurm jobs')
    .option('-f, --follow', 'go on as they grow, until the Slurm jobs have ended (one session)')
    .option('--kib <number>', 'so much of the end of each', readNumber, 64)
    .option('--attempt <number>', 'an earlier attempt of the session', readNumber)
    .option('--json', 'one JSON object a line: {role, text}, and of a group {session, role, text}')
    .addHelpText('after', '\nExample:\n  sbench logs @last s1 --follow')
    .action(async (name: string, role: string | undefined, options: Options, command: Command) => {
      const settings = settingsFor(cli, command);
      await withProducer(settings, async (deps) => {
        const asked: Asked = { settings, deps, role, options };
        if (options.follow) {
          await followOrShow(cli, asked, await findSession(deps, name));
          return;
        }
        const { group, ids } = await findSessions(deps, name);
        for (const id of ids) await show(cli, asked, await read(deps, id), group !== undefined);
      });
    });
}

interface Asked {
  settings: Settings;
  deps: ProducerDeps;
  role: string | undefined;
  options: Options;
}

async function read({ store }: ProducerDeps, id: string): Promise<StoredSession> {
  const session = await store.read(id);
  if (!session) throw noSession(id);
  return session;
}

async function followOrShow(cli: Cli, asked: Asked, id: string): Promise<void> {
  const { settings, deps, options } = asked;
  const { terminal } = cli;
  const session = await read(deps, id);
  const roles = rolesOf(session, asked.role);
  const names = roles.map((each) => each.role);
  if (options.attempt !== undefined || areOver(session.record, names)) {
    await show(cli, asked, session, false);
    return;
  }
  const printer = logPrinter(terminal, roles, options.json === true);
  const interrupted = terminal.interrupted();
  const bytes = options.kib * 1024;
  await followLogs(session.record, { settings, deps, terminal, printer, roles: names, bytes, interrupted });
  printer.flush();
  if (!interrupted.aborted) return;
  terminal.say(`stopped following; the session goes on: sbench watch ${id}`);
  cli.exitCode = EXIT.interrupted;
}

async function show(
  { terminal }: Cli,
  { settings, deps, role: asked, options }: Asked,
  session: StoredSession,
  ofSeveral: boolean,
): Promise<void> {
  const { id } = session.record;
  const roles = rolesOf(session, asked);
  const printer = logPrinter(terminal, roles, options.json === true, ofSeveral ? id : undefined);
  const record = attemptOf(session.record, options.attempt);
  const logs = await readLogs(settings, deps, record, roles, options.kib * 1024);
  for (const [index, log] of logs.entries()) {
    const { role, name } = roles[index] as RolePlan;
    const whose = ofSeveral ? `${id} ${role}` : role;
    if (log.length === 0) terminal.say(printableLines(`${whose} ${name} has written nothing yet`));
    printer.push(role, log);
    printer.flush();
  }
}

/** The record as it was when an earlier attempt had ended. */
function attemptOf(record: SessionRecord, asked: number | undefined): SessionRecord {
  if (asked === undefined || asked === record.attempt) return record;
  const past = record.past.find(({ attempt }) => attempt === asked);
  if (!past)
    throw new UsageError(`session ${record.id} has no attempt ${asked}; the last one is ${record.attempt}`);
  const { attempt, roles, resultsFolder } = past;
  return { ...record, attempt, roles, resultsFolder };
}

function readNumber(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 99999.');
  return Number(text);
}

function rolesOf({ plan }: StoredSession, asked: string | undefined): RolePlan[] {
  if (asked === undefined) return plan.roles;
  const exact = plan.roles.filter(({ role }) => role === asked);
  const found = exact.length > 0 ? exact : plan.roles.filter(({ name }) => name === asked);
  if (found.length > 0) return found;
  const there = plan.roles.map(({ role, name }) => `${role} (${name})`).join(', ');
  throw new UsageError(`this session has no '${asked}'; there are: ${there}`);
}

/** What came home is read here; else the cluster's copy, which is there from a Slurm job's first line on. */
async function readLogs(
  settings: Settings,
  deps: ProducerDeps,
  record: SessionRecord,
  roles: readonly RolePlan[],
  bytes: number,
): Promise<Buffer[]> {
  const folder = localFolder(record.resultsFolder);
  if (folder !== undefined) {
    const files = roles.map(({ role }) => readFile(join(folder, 'logs', `${role}.out`)));
    const kept = await Promise.all(files.map((file) => file.catch(() => undefined)));
    if (kept.every((log) => log !== undefined)) return kept.map((log) => log.subarray(-bytes));
  }
  // Before a submission there is no log, and no reason to log in.
  if (roles.every(({ role }) => (record.roles[role]?.submit.is ?? 'none') === 'none')) {
    return roles.map(() => Buffer.alloc(0));
  }
  return withPlace(settings, deps, record, async (place) => {
    const logs: Buffer[] = [];
    for (const { role } of roles) logs.push(await tailLog(place, role, bytes));
    return logs;
  });
}
