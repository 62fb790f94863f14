import { resolve } from 'node:path';
import { findSessions } from '../producer/find-session.ts';
import {
  isResultsFolder,
  type ReportSession,
  readResultsFolder,
  readStored,
} from '../producer/report/read-session.ts';
import { readTelemetry } from '../producer/report/telemetry.ts';
import { UsageError } from '../shared/errors.ts';
import { isOver } from '../shared/session/record.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { type Cli, withProducer } from './cli.ts';
import { localFolder } from './show-results.ts';

/** What the words name: sessions, groups, or folders of results. Redis is asked only when one is no folder. */
export async function reportSessions(
  { terminal }: Cli,
  readSettings: () => Settings,
  names: readonly string[],
): Promise<ReportSession[][]> {
  const folder = (name: string) => resolve(terminal.cwd, name);
  const folders = names.map((name) => (isResultsFolder(folder(name)) ? folder(name) : undefined));
  const found: ReportSession[][] = folders.every((path) => path !== undefined)
    ? await Promise.all(folders.map(async (path) => [await readResultsFolder(path)]))
    : await withProducer(readSettings(), async (deps) => {
        const all: ReportSession[][] = [];
        for (const [at, name] of names.entries()) {
          const path = folders[at];
          if (path !== undefined) all.push([await readResultsFolder(path)]);
          else {
            if (name.includes('/')) throw noFolder(name);
            const { ids } = await findSessions(deps, name);
            all.push(await Promise.all(ids.map(async (id) => withTelemetry(await readStored(deps, id)))));
          }
        }
        return all;
      });
  for (const { record } of found.flat())
    if (!isOver(record))
      terminal.say(`session ${record.id} is ${record.state}: what it measures later is missing here`);
  if (found.flat().length === 0) throw new UsageError('there is no session in it yet');
  return found;
}

const noFolder = (name: string): UsageError =>
  new UsageError(
    `${name} is no folder of results: it has no session.json`,
    'sbench results ID prints where the results of a session are.',
  );

/** The record has all numbers; samples of the nodes are in the files only, where those are on this host. */
async function withTelemetry(session: ReportSession): Promise<ReportSession> {
  const folder = localFolder(session.record.resultsFolder);
  return folder === undefined ? session : { ...session, telemetry: await readTelemetry(folder) };
}
