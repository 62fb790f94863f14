import { coerceError } from '../shared/errors.ts';
import type { Everything, OnCluster } from './cleanup-found.ts';
import { table } from './table.ts';

const MOST_ROWS = 20;

/** What was found, for people. `other`: only that installation is asked for. */
export function cleanupText(all: Everything, other: string | undefined): string {
  const { clusters, blobs, results, olderThanS } = all;
  const sections = clusters.map((each) => sectionOf(each, olderThanS, other).join('\n'));
  if (blobs.length > 0)
    sections.push(
      `redis: ${count(blobs.length, 'program')} that no session has (${size(sum(blobs.map(({ bytes }) => bytes)))})`,
    );
  if (results.length > 0)
    sections.push(
      `here: ${count(results.length, 'folder')} of results\n${results.map(({ folder }) => `  ${folder}`).join('\n')}`,
    );
  return sections.join('\n');
}

function sectionOf(
  { name, past, failed }: OnCluster,
  olderThanS: number,
  other: string | undefined,
): string[] {
  if (failed !== undefined) return [`${name}: ${coerceError(failed).message}`];
  if (!past) return [`${name}: nothing of this installation was ever there`];
  if (other !== undefined) {
    const found = past.others.find(({ id }) => id === other);
    return [found ? `${name}: ${installationWords(found)}` : `${name}: there is no installation ${other}`];
  }
  const { sessions, more, programs, leftovers, kept, others } = past;
  const lines = [
    `${name}: ${count(sessions.length, 'session')} past ${age(olderThanS)}${more ? ', and more' : ''}`,
  ];
  if (sessions.length > 0) {
    const rows = sessions
      .slice(0, MOST_ROWS)
      .map(({ id, session, folder }) => [
        id,
        session?.record.state ?? 'no record',
        session?.record.endedAt ? new Date(session.record.endedAt).toISOString().slice(0, 10) : '-',
        folder ? size(folder.kilobytes * 1024) : '-',
      ]);
    const titles = ['SESSION', 'STATE', 'ENDED', 'ON THE CLUSTER'].map((title) => ({ title }));
    lines.push(
      ...table(titles, rows)
        .split('\n')
        .map((line) => `  ${line}`),
    );
    if (sessions.length > MOST_ROWS)
      lines.push(`  and ${sessions.length - MOST_ROWS} more (--json shows all)`);
  }
  if (programs.count > 0)
    lines.push(
      `  ${count(programs.count, 'program')} that no session has (${size(programs.kilobytes * 1024)})`,
    );
  if (leftovers > 0) lines.push(`  ${count(leftovers, 'file')} that a crash left behind`);
  for (const { id, why } of kept) lines.push(`  kept: ${id}: ${why}`);
  for (const each of others) lines.push(`  not ours: ${installationWords(each)}`);
  if (others.length > 0) lines.push('  (one that is dead goes with: sbench cleanup --installation ID)');
  return lines;
}

const installationWords = ({
  id,
  ageS,
  kilobytes,
}: {
  id: string;
  ageS: number | undefined;
  kilobytes: number;
}) =>
  `installation ${id}, ${size(kilobytes * 1024)}, ${ageS === undefined ? 'of unknown age' : `unchanged for ${age(ageS)}`}`;

export function removedText(
  { clusters, blobs, results }: Everything,
  left: readonly { what: string; why: string }[],
): string {
  const lines = clusters.flatMap(({ name, removed }) =>
    removed
      ? [
          `${name}: removed ${count(removed.sessions.length, 'session')}, ${count(removed.programs.count, 'program')}, ${count(removed.leftovers, 'leftover')}`,
        ]
      : [],
  );
  if (blobs.length + results.length > 0)
    lines.push(
      `removed ${count(blobs.length, 'program')} in Redis, ${count(results.length, 'folder')} of results here`,
    );
  for (const { what, why } of left) lines.push(`left: ${what}: ${why}`);
  return lines.length > 0 ? lines.join('\n') : 'removed';
}

const sum = (numbers: readonly number[]): number => numbers.reduce((so, each) => so + each, 0);
const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? '' : 's'}`;

function age(seconds: number): string {
  if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)} days`;
  if (seconds >= 7_200) return `${Math.floor(seconds / 3_600)} hours`;
  return `${Math.floor(seconds / 60)} minutes`;
}

function size(bytes: number): string {
  const steps = [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'KB'],
  ] as const;
  const [unit, name] = steps.find(([least]) => bytes >= least) ?? [1, 'bytes'];
  return `${bytes / unit < 10 && unit > 1 ? (bytes / unit).toFixed(1) : Math.round(bytes / unit)} ${name}`;
}
