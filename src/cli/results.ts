import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { findSessions, noSession } from '../producer/find-session.ts';
import { UsageError } from '../shared/errors.ts';
import type { StoredSession } from '../shared/redis/session-store.ts';
import { isOver, resultsName } from '../shared/session/record.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { fetchAttempt } from '../shared/slurm/remote/fetch-attempt.ts';
import { readTar, withResults } from '../workers/read-results.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { valuesText } from './group-text.ts';
import { withPlace } from './place.ts';
import { jsonLine, printableLines } from './printable-text.ts';
import { localFolder } from './show-results.ts';

const LOG_BYTES = 1024 * 1024;

export function addResults(program: Command, cli: Cli): void {
  program
    .command('results')
    .argument('<id>', 'a session or a group: its id, a prefix of it, or @last')
    .description("a session's files: where they are here, after bringing them from the cluster if need be")
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench results @last')
    .action(async (name: string, options: { json?: true }, command: Command) => {
      const { terminal } = cli;
      const settings = settingsFor(cli, command);
      await withProducer(settings, async (deps) => {
        const { group, ids } = await findSessions(deps, name);
        const all: Awaited<ReturnType<typeof resultsOf>>[] = [];
        for (const id of ids) {
          const session = await deps.store.read(id);
          if (!session) throw noSession(id);
          if (session.record.kind === 'stage')
            throw new UsageError(
              `session ${id} only staged: it has no results`,
              `sbench status ${id} tells what it staged.`,
            );
          // Of a group, what is there already is worth having.
          if (group && !isOver(session.record)) terminal.say(`${id} is ${session.record.state}`);
          else all.push(await resultsOf(settings, deps, session, terminal.cwd));
        }
        if (options.json) terminal.print(jsonLine(group ? { group: group.id, sessions: all } : all[0]));
        else for (const one of all) terminal.print(resultsText(one));
      });
    });
}

async function resultsOf(settings: Settings, deps: ProducerDeps, session: StoredSession, cwd: string) {
  const { id, results, group } = session.record;
  const folder = await bringHome(settings, deps, session, cwd);
  return { id, ...(group ? { group } : {}), folder, files: await filesIn(folder), results };
}

function resultsText({ group, folder, files }: Awaited<ReturnType<typeof resultsOf>>): string {
  const values = group ? `  (${valuesText({ group })})` : '';
  return printableLines([`${folder}${values}`, ...files.map((file) => `  ${file}`)].join('\n'));
}

/** The local copy, whoever made it; else the cluster's, brought into the results folder of this host. */
async function bringHome(
  settings: Settings,
  deps: ProducerDeps,
  session: StoredSession,
  cwd: string,
): Promise<string> {
  const { record } = session;
  if (!isOver(record)) {
    throw new UsageError(
      `session ${record.id} is ${record.state}`,
      `It has results when it is over: sbench watch ${record.id}`,
    );
  }
  const kept = localFolder(record.resultsFolder);
  if (kept !== undefined && existsSync(kept)) return kept;
  const folder = resolve(cwd, settings.results ?? 'results', resultsName(record));
  if (!existsSync(folder)) await download(settings, deps, session, folder);
  return folder;
}

/** Whole or not at all: the folder gets its name when everything is in it. */
async function download(
  settings: Settings,
  deps: ProducerDeps,
  { record, plan }: StoredSession,
  folder: string,
) {
  const fetched = await withPlace(settings, deps, record, (place) => fetchAttempt(place, LOG_BYTES));
  const fresh = `${folder}.new-${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  const own = new Map([
    ['recipe.yaml', Buffer.from(plan.recipe.text)],
    ['plan.json', Buffer.from(`${JSON.stringify(plan, null, 2)}\n`)],
    ['session.json', Buffer.from(`${JSON.stringify(record, null, 2)}\n`)],
  ]);
  for (const [name, content] of [
    ...withResults(fetched ? await readTar(fetched.tar) : new Map(), record.results),
    ...own,
  ]) {
    await mkdir(dirname(join(fresh, name)), { recursive: true });
    await writeFile(join(fresh, name), content);
  }
  // Somebody else may have brought the same meanwhile.
  await rename(fresh, folder).catch(async (error) => {
    await rm(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  });
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
