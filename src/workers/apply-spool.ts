import { NewerVersionError } from '../shared/errors.ts';
import { parseSlurmJobName } from '../shared/ids.ts';
import type { Lease } from '../shared/redis/lease.ts';
import { parseSpoolFile, type SpoolFile } from '../shared/spool.ts';
import type { ServedCluster } from './served-cluster.ts';
import type { StreamItem } from './spool-stream.ts';

type Arrived = Extract<StreamItem, { is: 'file' }>;

export interface Spooled {
  /** Files that may leave the spool: applied, known before, or nobody's. */
  acknowledged: string[];
  /** A Slurm job said that it ended: Slurm's word on it is due. */
  exited: boolean;
}

/**
 * Applies what Slurm jobs wrote about themselves, all files of a session in one change, so that no verdict is taken
 * on half of what is known.
 */
export async function applySpool(
  served: ServedCluster,
  lease: Lease,
  files: Arrived[],
  observedS: number,
): Promise<Spooled> {
  const arrived: string[] = [];
  const newer = new Set<string>();
  const sessions = new Map<
    string,
    { session: string; attempt: number; files: { role: string; file: SpoolFile }[] }
  >();
  for (const { name, text } of files) {
    const file = read(name, text);
    if (file === 'newer') continue;
    arrived.push(name);
    const owner = file && parseSlurmJobName(file.event.name);
    if (!file || owner?.installation !== served.link.installation) {
      await served.cluster.count('strayEvents');
      continue;
    }
    const key = `${owner.session}.${owner.attempt}`;
    const group = sessions.get(key) ?? { session: owner.session, attempt: owner.attempt, files: [] };
    group.files.push({ role: owner.role, file });
    sessions.set(key, group);
  }
  for (const group of sessions.values()) {
    const stamp = await served.cluster.stamp();
    const { session, attempt } = group;
    const event = { type: 'spool', attempt, files: group.files, at: observedS, ...stamp } as const;
    try {
      await served.store.apply(session, event, lease);
    } catch (error) {
      if (!(error instanceof NewerVersionError)) throw error;
      // The worker that wrote the record has to read them: they stay in the spool.
      for (const { file } of group.files) newer.add(file.file);
    }
  }
  const events = [...sessions.values()].flatMap((group) => group.files);
  if (events.length > 0) await served.cluster.count('events', events.length);
  const acknowledged = arrived.filter((name) => !newer.has(name));
  return { acknowledged, exited: events.some(({ file }) => file.event.type === 'exited') };
}

function read(name: string, text: string): SpoolFile | undefined | 'newer' {
  try {
    return parseSpoolFile(name, text);
  } catch (error) {
    // It stays in the spool for a worker that can read it.
    if (error instanceof NewerVersionError) return 'newer';
    throw error;
  }
}
