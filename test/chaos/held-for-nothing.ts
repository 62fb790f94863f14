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

export interface Held {
  /** Of each session whose service had a client. Seconds. */
  seconds: number[];
  /** Sessions that held a service for long, and nothing was broken. */
  late: string[];
  /** Seconds of `seconds` during which it was broken. */
  byFault: Partial<Record<FaultName, number>>;
}

/** Clocks of Slurm are whole seconds, a look is due every few, and what was broken is caught up with after. */
const MENDING_S = 15;
/** Half of the longest sleep of an action: who misses its wake-up is found out. */
const MOST_S = 30;

/** How long services were held without a client in Slurm's hands, their start included: GPU hours for nothing. Pure. */
export function heldForNothing(
  claims: readonly Claim[],
  truths: Record<string, Truth>,
  broken: readonly Broken[],
): Held {
  const found: Held = { seconds: [], late: [], byFault: {} };
  for (const { id, planned } of claims) {
    const held = heldFor(truths[planned.cluster], id);
    if (held.length === 0) continue;
    found.seconds.push(length(held));
    const own = broken.filter(({ cluster }) => cluster === undefined || cluster === planned.cluster);
    for (const fault of own) {
      const seconds = length(held) - length(held.flatMap((span) => without(span, [fault])));
      if (seconds > 0) found.byFault[fault.name] = (found.byFault[fault.name] ?? 0) + seconds;
    }
    const mended = own.map(({ fromS, toS }) => ({ fromS, toS: toS + MENDING_S }));
    const unbroken = length(held.flatMap((span) => without(span, mended)));
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

/** A service's life without the times in which a client of it was in Slurm's hands; nothing, if none ever was. */
function heldFor(truth: Truth | undefined, session: string): Span[] {
  const lives = { s: [] as Span[], c: [] as Span[] };
  for (const { name, submitS, startS, endS } of truth?.slurm ?? []) {
    const parts = parseSlurmJobName(name);
    const side = parts?.role.charAt(0);
    if (parts?.session !== session || !Number.isFinite(startS) || !Number.isFinite(endS)) continue;
    if (side === 's') lives.s.push({ fromS: startS, toS: endS });
    if (side === 'c') lives.c.push({ fromS: submitS, toS: endS });
  }
  return lives.c.length === 0 ? [] : lives.s.flatMap((life) => without(life, lives.c));
}

/** What is left of a span when all others are taken out. */
function without({ fromS, toS }: Span, others: readonly Span[]): Span[] {
  const left: Span[] = [];
  let at = fromS;
  for (const other of [...others].sort((a, b) => a.fromS - b.fromS)) {
    if (Math.min(other.fromS, toS) > at) left.push({ fromS: at, toS: Math.min(other.fromS, toS) });
    at = Math.max(at, other.toS);
  }
  if (toS > at) left.push({ fromS: at, toS });
  return left;
}

const length = (spans: readonly Span[]): number =>
  spans.reduce((sum, { fromS, toS }) => sum + toS - fromS, 0);
