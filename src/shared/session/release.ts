import type { Stamp } from './events.ts';
import type { RoleFacts } from './facts.ts';
import type { SessionRecord } from './record.ts';

/** A Slurm job that cannot die (a hung file system) no longer holds up its session. Seconds of observed time. */
export const DRAINING_S = 300;

/** Counts a look towards the release of a role: only looks sent after `closed` can show that nothing is left. */
export function countQuiet(facts: RoleFacts, record: SessionRecord, { clock, look }: Stamp): RoleFacts {
  if (!record.closed || look <= record.closed.look || facts.released !== 'no') return facts;
  if (facts.live) return facts.quiet ? { ...facts, quiet: undefined } : facts;
  const before = facts.quiet ?? { looks: 0, since: clock };
  return { ...facts, quiet: { looks: before.looks + 1, since: before.since, last: clock } };
}

export function releasedNow(facts: RoleFacts, record: SessionRecord, clock: number): RoleFacts['released'] {
  if (facts.released !== 'no' || !record.ending) return facts.released;
  if (facts.submit.is === 'none' && (record.closed || !record.begun)) return 'yes';
  if (!record.closed) return 'no';
  if (facts.submit.is === 'refused' && facts.submit.clean) return 'yes';
  if (facts.live && facts.drainingSince !== undefined && clock - facts.drainingSince >= DRAINING_S)
    return 'draining';
  if (!facts.quiet || facts.quiet.looks < 2) return 'no';
  // A submission that never got its answer may still appear within the window. It would end at its head.
  const waitS = facts.submit.is === 'accepted' ? 0 : record.closed.windowS;
  return facts.quiet.last - facts.quiet.since >= waitS ? 'yes' : 'no';
}
