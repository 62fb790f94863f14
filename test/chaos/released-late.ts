import { parseSlurmJobName } from '../../src/shared/ids.ts';
import type { FaultName } from './faults/catalogue.ts';
import type { Claim, Truth } from './judge-run.ts';
import type { ClusterName } from './plan-chaos.ts';

/** When something was broken, until its cluster was looked at again. Seconds since 1970. */
export interface Broken {
  name: FaultName;
  /** Undefined: all of them. */
  cluster: ClusterName | undefined;
  fromS: number;
  toS: number;
}

export interface Releases {
  /** Of each session: from its last client's end until its service's, as Slurm has them. Seconds. */
  seconds: number[];
  /** Sessions that held a service for nothing, and nothing was broken. */
  late: string[];
  /** Seconds of `seconds` during which it was broken. */
  byFault: Partial<Record<FaultName, number>>;
}

/** Clocks of Slurm are whole seconds, a look is due every few, and what was broken is caught up with after. */
const MENDING_S = 15;
/** Half of the longest sleep of an action: who misses its wake-up is found out. */
const MOST_S = 30;

/** How long services were held when their clients had ended: GPU hours for nothing. Pure. */
export function releases(
  claims: readonly Claim[],
  truths: Record<string, Truth>,
  broken: readonly Broken[],
): Releases {
  const found: Releases = { seconds: [], late: [], byFault: {} };
  for (const { id, planned } of claims) {
    const held = heldFor(truths[planned.cluster], id);
    if (!held) continue;
    found.seconds.push(held.toS - held.fromS);
    const own = broken.filter(({ cluster }) => cluster === undefined || cluster === planned.cluster);
    for (const fault of own) {
      const seconds = Math.min(held.toS, fault.toS) - Math.max(held.fromS, fault.fromS);
      if (seconds > 0) found.byFault[fault.name] = (found.byFault[fault.name] ?? 0) + seconds;
    }
    const unbroken = without(held, own);
    if (unbroken > MOST_S)
      found.late.push(
        `${id} (${planned.index}, ${planned.kind}, ${planned.cluster}) held its service for ${unbroken} s`,
      );
  }
  return found;
}

interface Span {
  fromS: number;
  toS: number;
}

function heldFor(truth: Truth | undefined, session: string): Span | undefined {
  const ends = { s: Number.NaN, c: Number.NaN };
  for (const { name, startS, endS } of truth?.slurm ?? []) {
    const parts = parseSlurmJobName(name);
    const side = parts?.role.charAt(0);
    if (parts?.session !== session || !Number.isFinite(startS) || !Number.isFinite(endS)) continue;
    if (side === 's' || side === 'c') ends[side] = Math.max(Number.isNaN(ends[side]) ? 0 : ends[side], endS);
  }
  return ends.s >= ends.c ? { fromS: ends.c, toS: ends.s } : undefined;
}

/** What is left of a span when all others are taken out. */
function without({ fromS, toS }: Span, others: readonly Span[]): number {
  let left = 0;
  let at = fromS;
  for (const other of [...others].sort((a, b) => a.fromS - b.fromS)) {
    left += Math.max(0, Math.min(other.fromS, toS) - at);
    at = Math.max(at, other.toS + MENDING_S);
  }
  return left + Math.max(0, toS - at);
}
