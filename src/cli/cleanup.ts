import type { Command } from 'commander';
import type { ProducerDeps } from '../producer/connect-producer.ts';
import { findPast } from '../shared/cleanup/find-past.ts';
import { removePast } from '../shared/cleanup/remove-past.ts';
import { openLink } from '../shared/cluster/open-link.ts';
import { coerceError, UsageError } from '../shared/errors.ts';
import { clusterStore, installationId } from '../shared/redis/cluster-store.ts';
import { findIdleBlobs, forgetBlobs } from '../shared/redis/idle-blobs.ts';
import { SHORTEST_RETENTION_S } from '../shared/settings/schema.ts';
import type { Settings } from '../shared/settings/settings.ts';
import { forgetInstallation } from '../shared/slurm/remote/cleanup.ts';
import { notADuration, parseDuration } from '../shared/yaml/duration.ts';
import { type Everything, foundOf, type OnCluster } from './cleanup-found.ts';
import { cleanupText, removedText } from './cleanup-text.ts';
import { type Cli, settingsFor, withProducer } from './cli.ts';
import { clusterNamed } from './cluster-named.ts';
import { EXIT, exitCodeOfError } from './exit-code.ts';
import { findOldResults, removeOldResults } from './old-results.ts';
import { jsonLine, printableLines } from './printable-text.ts';

interface Options {
  olderThan?: string;
  installation?: string;
  results?: true;
  yes?: true;
  json?: true;
}

const DEFAULT_S = 30 * 86_400;

export function addCleanup(program: Command, cli: Cli): void {
  program
    .command('cleanup')
    .argument('[clusters...]', 'configured clusters; else all')
    .description('sessions past their time, and what nobody owns: shows it, then removes it')
    .option(
      '--older-than <time>',
      "what has not changed for so long (default: the configuration's retention, or 30d)",
    )
    .option('--results', "also this host's copies of results, in the configuration's results folder")
    .option('--installation <id>', 'only this other, dead installation on the clusters, with all it has')
    .option('--yes', 'remove it, without asking')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  sbench cleanup meluxina --older-than 90d --yes')
    .action(async (names: string[], options: Options, command: Command) => {
      const settings = settingsFor(cli, command);
      const chosen = names.length > 0 ? names : Object.keys(settings.clusters);
      if (chosen.length === 0) throw new UsageError('no cluster is configured', 'Add one: sbench init');
      for (const name of chosen) clusterNamed(settings, name);
      const olderThanS = readAge(options.olderThan) ?? settings.retentionS ?? DEFAULT_S;
      await withProducer(settings, (deps) =>
        cleanUp(cli, settings, deps, chosen, { ...options, olderThanS }),
      );
    });
}

function readAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new UsageError(`--older-than ${notADuration(text)}`);
  if (seconds < SHORTEST_RETENTION_S)
    throw new UsageError('--older-than is at least 1h: what has just ended is still looked at');
  return seconds;
}

type Wanted = Options & { olderThanS: number };

async function cleanUp(cli: Cli, settings: Settings, deps: ProducerDeps, names: string[], wanted: Wanted) {
  const { terminal } = cli;
  const installation = await installationId(deps.redis);
  const clusters = await Promise.all(names.map((name) => lookAt(settings, deps, name, installation, wanted)));
  try {
    const { olderThanS } = wanted;
    const only = wanted.installation !== undefined;
    const all: Everything = {
      olderThanS,
      clusters,
      blobs: only ? [] : await findIdleBlobs(deps.redis, deps.store, olderThanS),
      results: wanted.results && !only ? await findOldResults(settings.results, olderThanS) : [],
    };
    if (!wanted.json) terminal.print(printableLines(cleanupText(all, wanted.installation)));
    const removes = await decide(cli, all, wanted);
    const left = removes ? await remove(deps, all, wanted.installation) : [];
    if (wanted.json) terminal.print(jsonLine({ removed: removes, ...foundOf(all), left }));
    else if (removes) terminal.print(printableLines(removedText(all, left)));
    const failed = clusters.find((each) => each.failed !== undefined);
    if (failed) cli.exitCode = exitCodeOfError(failed.failed);
    else if (left.length > 0) cli.exitCode = EXIT.failed;
  } finally {
    await Promise.all(clusters.map(({ link }) => link?.close()));
  }
}

async function lookAt(
  settings: Settings,
  { redis, store }: ProducerDeps,
  name: string,
  installation: string,
  { olderThanS, installation: other }: Wanted,
): Promise<OnCluster> {
  const { definition } = await clusterStore(redis, name).noted();
  // Nothing of this installation was ever there.
  if (definition === undefined && other === undefined) return { name };
  const link = openLink({ settings: clusterNamed(settings, name), redis, installation, besideBreaker: true });
  try {
    return { name, link, past: await findPast({ redis, store, link }, olderThanS) };
  } catch (failed) {
    return { name, link, failed };
  }
}

async function decide(
  { terminal }: Cli,
  all: Everything,
  { yes, json, installation }: Wanted,
): Promise<boolean> {
  const something =
    installation !== undefined
      ? all.clusters.some(({ past }) => past?.others.some(({ id }) => id === installation))
      : all.blobs.length + all.results.length > 0 ||
        all.clusters.some(
          ({ past }) => past && past.sessions.length + past.programs.count + past.leftovers > 0,
        );
  if (!something) {
    if (!json) terminal.say('There is nothing to remove.');
    return false;
  }
  if (yes) return true;
  if (!json && terminal.ask) {
    const answer = await terminal.ask('Remove all of this? (yes/no) ');
    if (/^y(es)?$/i.test(answer?.trim() ?? '')) return true;
    terminal.say('Nothing was removed.');
  } else terminal.say('Nothing was removed: with --yes it is.');
  return false;
}

/** @returns what is still there, and why. */
async function remove(
  { redis, store, queues }: ProducerDeps,
  all: Everything,
  other: string | undefined,
): Promise<{ what: string; why: string }[]> {
  const left: { what: string; why: string }[] = [];
  for (const each of all.clusters) {
    if (!each.link || !each.past) continue;
    try {
      if (other === undefined) {
        each.removed = await removePast({ redis, store, queues, link: each.link }, each.past);
        left.push(...each.removed.left.map(({ id, why }) => ({ what: `session ${id}`, why })));
      } else if (each.past.others.some(({ id }) => id === other)) {
        const why = await forgetInstallation(each.link, other, all.olderThanS);
        if (why !== undefined) left.push({ what: `installation ${other} on ${each.name}`, why });
      }
    } catch (error) {
      each.failed = error;
      left.push({ what: `what is on ${each.name}`, why: coerceError(error).message });
    }
  }
  await forgetBlobs(redis, all.blobs, all.olderThanS);
  left.push(...(await removeOldResults(all.results)));
  return left;
}
