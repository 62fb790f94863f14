import { parseSlurmJobName } from '../../src/shared/ids.ts';
import type { FaultName } from './faults/catalogue.ts';
import type { Claim, Truth } from './judge-run.ts';
import { type Broken, brokenFor, lengthOf, type Span, whileWhole, without } from './spans.ts';

export interface Held {
  /** Of each session whose service had a client. Seconds. */
  seconds: number[];
  /** Sessions that held a service for long, and nothing was broken. */
  late: string[];
  /** Seconds of `seconds` during which it was broken. */
  byFault: Partial<Record<FaultName, number>>;
}

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
    found.seconds.push(lengthOf(held));
    for (const fault of brokenFor(planned.cluster, broken)) {
      const seconds = lengthOf(held) - lengthOf(held.flatMap((span) => without(span, [fault])));
      if (seconds > 0) found.byFault[fault.name] = (found.byFault[fault.name] ?? 0) + seconds;
    }
    const unbroken = lengthOf(whileWhole(held, planned.cluster, broken));
    if (unbroken > MOST_S)
      found.late.push(
        `${id} (${planned.index}, ${planned.kind}, ${planned.cluster}) held its service for ${unbroken} s`,
      );
  }
  return found;
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
