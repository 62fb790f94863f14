import type { FaultName } from './faults/catalogue.ts';
import type { ClusterName } from './plan-chaos.ts';

/** Seconds since 1970. */
export interface Span {
  fromS: number;
  toS: number;
}

/** When something was broken, until its cluster was looked at again. */
export interface Broken extends Span {
  name: FaultName;
  /** Undefined: all of them. */
  cluster: ClusterName | undefined;
}

/** Clocks of Slurm are whole seconds, a look is due every few, and what was broken is caught up with after. */
const MENDING_S = 15;

export const brokenFor = (name: ClusterName, broken: readonly Broken[]): Broken[] =>
  broken.filter(({ cluster }) => cluster === undefined || cluster === name);

/** What of some spans a cluster was whole in, and so was home. */
export function whileWhole(spans: readonly Span[], name: ClusterName, broken: readonly Broken[]): Span[] {
  const mended = brokenFor(name, broken).map(({ fromS, toS }) => ({ fromS, toS: toS + MENDING_S }));
  return spans.flatMap((span) => without(span, mended));
}

/** What is left of a span when all others are taken out. */
export function without({ fromS, toS }: Span, others: readonly Span[]): Span[] {
  const left: Span[] = [];
  let at = fromS;
  for (const other of [...others].sort((a, b) => a.fromS - b.fromS)) {
    if (Math.min(other.fromS, toS) > at) left.push({ fromS: at, toS: Math.min(other.fromS, toS) });
    at = Math.max(at, other.toS);
  }
  if (toS > at) left.push({ fromS: at, toS });
  return left;
}

export const lengthOf = (spans: readonly Span[]): number =>
  spans.reduce((sum, { fromS, toS }) => sum + toS - fromS, 0);
