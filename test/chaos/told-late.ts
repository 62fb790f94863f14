import { parseSlurmJobName } from '../../src/shared/ids.ts';
import type { Claim, Truth } from './judge-run.ts';
import { type Broken, lengthOf, whileWhole } from './spans.ts';

export interface Told {
  /** Of each session: from the end of its last Slurm job, as Slurm has it, until it was over to whoever asked. */
  seconds: number[];
  late: string[];
}

/**
 * An action that misses its wake-up sleeps for a minute; what is over is known from two looks and, at the longest, 20 s of
 * waiting for a late word. Seconds.
 */
const MOST_S = 40;

/** How long nobody was told that a session is over. Pure. */
export function toldLate(
  claims: readonly Claim[],
  truths: Record<string, Truth>,
  broken: readonly Broken[],
): Told {
  const found: Told = { seconds: [], late: [] };
  for (const { id, planned, overS } of claims) {
    const ends = (truths[planned.cluster]?.slurm ?? [])
      .filter(({ name }) => parseSlurmJobName(name)?.session === id)
      .map(({ endS }) => endS);
    // Slurm forgot how one of them ended, or nothing of it ever ran.
    if (overS === undefined || ends.length === 0 || !ends.every(Number.isFinite)) continue;
    const span = { fromS: Math.max(...ends), toS: overS };
    found.seconds.push(Math.max(0, Math.round((span.toS - span.fromS) * 10) / 10));
    const unbroken = Math.round(lengthOf(whileWhole([span], planned.cluster, broken)));
    if (unbroken > MOST_S)
      found.late.push(
        `${id} (${planned.index}, ${planned.kind}, ${planned.cluster}) was told to be over after ${unbroken} s`,
      );
  }
  return found;
}
