import type { SlurmRecord } from '../../result/provenance.ts';
import { readRecords } from '../read-records.ts';
import type { Place } from './place.ts';

/** Accounting's records of Slurm jobs that ended; none where there is no accounting, or it does not answer in time. */
export async function slurmRecords(place: Place, ids: readonly number[]): Promise<SlurmRecord[]> {
  if (ids.length === 0) return [];
  const answer = await place.link.ask({
    verb: 'records',
    args: [...ids],
    timeoutMs: 40_000,
    counted: place.counted,
  });
  return readRecords(answer.all('row'));
}
