import { FAULTS, type FaultName, type FaultShape } from './faults/catalogue.ts';
import { type Random, random } from './random.ts';

export const CLUSTERS = ['gamma', 'delta'] as const;
export type ClusterName = (typeof CLUSTERS)[number];
const ACCOUNTED: readonly ClusterName[] = ['gamma'];

/** How sessions are meant to go, and how many of a hundred. */
export const KINDS = {
  plain: 46,
  load: 10,
  'two-clients': 10,
  'client-exits-3': 8,
  'service-dies-at-start': 6,
  'service-dies-under-client': 6,
  cancelled: 9,
  'service-only': 5,
} as const;
export type SessionKind = keyof typeof KINDS;

export interface PlannedSession {
  index: number;
  kind: SessionKind;
  cluster: ClusterName;
  /** When it is asked for, seconds from the start. */
  atS: number;
  /** How long its client works. */
  workS: number;
  /** Seconds from there until somebody cancels it. */
  cancelS?: number;
  /** Somebody else runs a Slurm job beside it that looks like its own. */
  foreign: boolean;
}

export interface PlannedFault {
  name: FaultName;
  /** Seconds from the start. */
  atS: number;
  forS: number;
  cluster: ClusterName;
  /** One fault at a time in each: a cluster of its own, or home. */
  lane: ClusterName | 'home';
  /** Which of several workers, nodes, directions ...: a number below 1, times how many there are. */
  pick: number;
}

export interface ChaosPlan {
  seed: number;
  sessions: PlannedSession[];
  faults: PlannedFault[];
}

/** Pure: the same seed is the same plan, byte by byte. */
export function planChaos(given: { sessions: number; seed: number; faults: FaultName[] }): ChaosPlan {
  const spanS = given.faults.length === 0 ? given.sessions * 2 : Math.max(30, given.sessions * 7);
  return {
    seed: given.seed,
    sessions: planSessions(random(given.seed), given.sessions, spanS),
    faults: planFaults(random(given.seed ^ 0x5eed), given.faults, spanS),
  };
}

function planSessions(dice: Random, count: number, spanS: number): PlannedSession[] {
  const bag = (Object.keys(KINDS) as SessionKind[]).flatMap((kind) =>
    Array<SessionKind>(KINDS[kind]).fill(kind),
  );
  // Each kind at least once when there is room, the rest as the weights say.
  const kinds = dice.shuffled(
    [...(Object.keys(KINDS) as SessionKind[]), ...Array.from({ length: count }, () => dice.of(bag))].slice(
      0,
      count,
    ),
  );
  const starts = Array.from({ length: count }, () => dice.between(0, spanS * 0.9)).sort((a, b) => a - b);
  return kinds.map((kind, index) => ({
    index,
    kind,
    cluster: dice.of(CLUSTERS),
    atS: index === 0 ? 0 : (starts[index] ?? 0),
    workS: dice.between(1, 12),
    ...(kind === 'cancelled' || kind === 'service-only' ? { cancelS: dice.between(1, 25) } : {}),
    foreign: dice.next() < 0.3,
  }));
}

/** Three lanes side by side: each cluster breaks in one way at a time, and so does home. */
function planFaults(dice: Random, names: FaultName[], spanS: number): PlannedFault[] {
  const shapes: Record<FaultName, FaultShape> = FAULTS;
  const lane = (cluster: ClusterName, of: FaultName[]): PlannedFault[] => {
    const faults: PlannedFault[] = [];
    let atS = dice.between(2, 6);
    // A deck, not dice: none is left out for long. The first one is played to its end.
    for (let deck = 0; of.length > 0 && (deck === 0 || atS < spanS); deck++) {
      for (const name of dice.shuffled(of)) {
        if (deck > 0 && atS >= spanS) break;
        const forS = dice.between(...shapes[name].forS);
        faults.push({ name, atS, forS, cluster, lane: cluster, pick: dice.next() });
        atS = Math.round((atS + forS + dice.between(1.5, 6)) * 10) / 10;
      }
    }
    return faults;
  };
  const onClusters = CLUSTERS.flatMap((cluster) =>
    lane(
      cluster,
      names.filter(
        (name) =>
          shapes[name].where === 'cluster' && (!shapes[name].accounting || ACCOUNTED.includes(cluster)),
      ),
    ),
  );
  const home = lane(
    'gamma',
    names.filter((name) => shapes[name].where === 'home'),
  ).map((fault) => ({
    ...fault,
    cluster: dice.of(CLUSTERS),
    lane: 'home' as const,
  }));
  return [...onClusters, ...home].sort((a, b) => a.atS - b.atS || (a.name < b.name ? -1 : 1));
}
