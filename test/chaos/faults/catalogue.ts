/** What may be broken: where, for how long, and whether Slurm jobs may die of it. */
export interface FaultShape {
  /** A cluster of its own lane, or home: Redis and the workers. */
  where: 'cluster' | 'home';
  /** Seconds, from and to. */
  forS: readonly [number, number];
  /** Only where there is accounting. */
  accounting?: true;
}

export const FAULTS = {
  // Between sbench and the login node.
  'link-cut': { where: 'cluster', forS: [0, 0] },
  'link-fin': { where: 'cluster', forS: [0, 0] },
  'link-cut-at-byte': { where: 'cluster', forS: [0, 0] },
  'link-answers-lost': { where: 'cluster', forS: [0, 0] },
  'link-stall': { where: 'cluster', forS: [2, 9] },
  'link-half-open': { where: 'cluster', forS: [0, 0] },
  'link-down': { where: 'cluster', forS: [4, 20] },
  // On the login node.
  'sshd-drop': { where: 'cluster', forS: [0, 0] },
  'sshd-freeze': { where: 'cluster', forS: [2, 9] },
  'sshd-restart': { where: 'cluster', forS: [1, 4] },
  'controller-freeze': { where: 'cluster', forS: [3, 14] },
  'controller-restart': { where: 'cluster', forS: [0, 6] },
  'database-freeze': { where: 'cluster', forS: [3, 12], accounting: true },
  'database-restart': { where: 'cluster', forS: [0, 8], accounting: true },
  'workdir-gone': { where: 'cluster', forS: [2, 8] },
  // On a compute node. Shorter than SlurmdTimeout, or what runs there would die of all of them.
  'slurmd-restart': { where: 'cluster', forS: [0, 4] },
  'node-freeze': { where: 'cluster', forS: [2, 8] },
  'node-unplug': { where: 'cluster', forS: [2, 8] },
  'node-crash': { where: 'cluster', forS: [1, 3] },
  // At home.
  'redis-kill': { where: 'home', forS: [0, 3] },
  'redis-freeze': { where: 'home', forS: [1, 8] },
  'redis-far': { where: 'home', forS: [8, 16] },
  'worker-kill': { where: 'home', forS: [0, 3] },
  'worker-freeze': { where: 'home', forS: [7, 12] },
  'worker-stutter': { where: 'home', forS: [8, 16] },
  'worker-clock': { where: 'home', forS: [5, 15] },
  'worker-drain': { where: 'home', forS: [0, 3] },
  'observer-kill': { where: 'home', forS: [0, 3] },
  'observer-freeze': { where: 'home', forS: [7, 16] },
  'all-kill': { where: 'home', forS: [0, 3] },
} as const satisfies Record<string, FaultShape>;

export type FaultName = keyof typeof FAULTS;

/** @throws Error when one of `names` is no fault. */
export function faultsNamed(names: string | undefined): FaultName[] {
  const all = Object.keys(FAULTS) as FaultName[];
  if (names === undefined || names === 'all') return all;
  if (names === 'none') return [];
  return names.split(',').map((name) => {
    const found = all.find((fault) => fault === name.trim());
    if (!found) throw new Error(`there is no fault '${name}'. There are: ${all.join(', ')}`);
    return found;
  });
}
